import type { Bus } from "@luxbus/client"
import { BusError, isJsonObject, newUuid } from "@luxbus/packet"
import { DEMO_CLIENT_ID, START_PREFIX } from "../../demo-address.ts"

/**
 * Asks for the demo job.
 * @returns the job's name
 * @throws BusError `no_provider` where nobody offers it; what its host fails with, such as `rate_limited`
 */
export async function startDemo(bus: Bus): Promise<string> {
  const giveUp = new AbortController()
  const noProvider = new BusError("no_provider", "This broker offers no demo job: it was started without --demo.")
  await using call = await bus.open(`${START_PREFIX}${newUuid()}`, {
    to: DEMO_CLIENT_ID,
    signal: giveUp.signal,
    onNotice: ({ type }) => type === "waiting" && giveUp.abort(noProvider),
  })
  const reply = await call.main.next()
  if (isJsonObject(reply) && typeof reply["job"] === "string") return reply["job"]
  const { message } = await call.outcome
  throw new BusError("rate_limited", message ?? "The demo job was refused.")
}
