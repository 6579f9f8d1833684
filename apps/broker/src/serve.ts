import { loadConfig } from "./load-config.ts"
import { createLog } from "./log.ts"
import { type Broker, startBroker } from "./start-broker.ts"

/** What {@link serve} takes from its command line. */
export interface ServeInput {
  /** The configuration file. Default: `luxbus.config.json` in the working directory, if it is there. */
  readonly file?: string | undefined
  /** Settings by flag without dashes. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  /** Is told the addresses once the broker listens. */
  readonly onListening: (addresses: Pick<Broker, "url" | "page">) => void
}

/**
 * Runs a broker until SIGINT or SIGTERM, then closes it and returns.
 * @throws BusError `invalid_argument` for a wrong configuration; the listener's error when it cannot listen
 */
export async function serve(input: ServeInput): Promise<void> {
  const config = await loadConfig({ file: input.file, env: process.env, flags: input.flags })
  const log = createLog(config.log)
  const stopped = stopSignal()
  const broker = await startBroker(config, { log })
  input.onListening(broker)
  log.info({ signal: await stopped }, "closing")
  await broker.close()
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGINT", resolve)
    process.once("SIGTERM", resolve)
  })
}
