import { expect, test } from "vitest"
import type { BusStream } from "../../src/bus-stream.ts"
import { ChannelRequest } from "../../src/channels/request.ts"

/** A request with a deadline, and what becomes of its timer. */
function requested() {
  const gaveUp = new AbortController()
  const told: string[] = []
  const stream = { signal: gaveUp.signal, deadlineAtMs: 30_000, outcome: Promise.resolve(), end: async () => {} }
  let pass = () => {}
  const request = new ChannelRequest(stream as unknown as BusStream, (atMs, passed) => {
    told.push(`set ${atMs}`)
    pass = passed
    return { cancel: () => told.push("cancelled") }
  })
  return { request, told, gaveUp, pass: () => pass() }
}

test("a deadline that passes aborts the signal", () => {
  const { request, told, pass } = requested()
  pass()
  expect([told, request.signal.reason]).toMatchObject([["set 30000"], { code: "timeout" }])
})

test("no timer is left once the consumer gives up, or is answered", async () => {
  const one = requested()
  one.gaveUp.abort("enough")
  expect([one.told, one.request.signal.reason]).toEqual([["set 30000", "cancelled"], "enough"])
  const two = requested()
  await two.request.end()
  expect(two.told).toEqual(["set 30000", "cancelled"])
})
