import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type Outcome } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { BusStream } from "../../src/bus-stream.ts"
import { ask } from "../../src/channels/ask.ts"

/** A request whose answer ends so, without a word of the broker's. */
function asked(outcome: Promise<Outcome>): Promise<unknown> {
  outcome.catch(() => {})
  const stream = {
    main: { write: async () => {}, next: async () => undefined },
    end: async () => {},
    outcome,
    writer: { state: "complete" },
  }
  return ask({ clock: new ManualClock(), open: () => stream as unknown as BusStream }, "translate", "hello", {})
}

const LOST = { code: "peer_lost", details: { delivered: true, maybeExecuted: true } }

test("a provider that stays away for this side's window is lost, and may have done the work", async () => {
  await expect(asked(Promise.resolve({ status: "expired", main: 0, error: 0 }))).rejects.toMatchObject(LOST)
  await expect(asked(Promise.reject(new BusError("peer_lost", "away")))).rejects.toMatchObject(LOST)
})

test("what the broker says of a lost provider is told as it is", async () => {
  const details = { delivered: false, maybeExecuted: false }
  const said = Promise.reject(new BusError("peer_lost", "gone", { details }))
  await expect(asked(said)).rejects.toMatchObject({ code: "peer_lost", details })
})
