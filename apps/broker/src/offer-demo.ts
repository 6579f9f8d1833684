import { connect } from "@luxbus/client"
import { DEMO_CLIENT_ID, demoJob } from "@luxbus/demo"
import type { BrokerLog } from "./log.ts"

/**
 * Offers the demo job to the clients of a broker, as a client of it.
 * @param token that lets the client id of the demo in
 * @returns ends what runs, and leaves the broker
 */
export async function offerDemo(url: string, token: string, log: BrokerLog): Promise<() => Promise<void>> {
  const bus = await connect(url, { id: DEMO_CLIENT_ID, token })
  const demo = demoJob(bus, {
    onError: ({ code, message }) => log.error({ code, problem: message }, "demo job failed"),
  })
  return async () => {
    await demo.close()
    await bus.close()
  }
}
