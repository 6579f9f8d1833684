import { destination, pino } from "pino"
import type { BrokerConfig } from "./config-schema.ts"
import { prettyLine } from "./pretty-line.ts"

type Write = (facts: object, message: string) => void

/** What the broker needs of a logger; pino's fits. */
export interface BrokerLog {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

const STDERR = 2

/**
 * Makes the broker's log: one JSON object per line on stderr, with `client` and `stream` ids where they apply; on a
 * terminal, or when asked, lines for people.
 */
export function createLog(config: BrokerConfig["log"]): BrokerLog {
  const pretty = config.pretty ?? process.stderr.isTTY === true
  const output = pretty
    ? { write: (line: string) => void process.stderr.write(prettyLine(line)) }
    : destination({ fd: STDERR, sync: true })
  const log = pino(
    { level: config.level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    output,
  )
  return {
    debug: (facts, message) => log.debug(facts, message),
    info: (facts, message) => log.info(facts, message),
    warn: (facts, message) => log.warn(facts, message),
    error: (facts, message) => log.error(facts, message),
  }
}
