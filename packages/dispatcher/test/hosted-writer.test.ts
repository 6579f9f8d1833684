import { ManualClock } from "@luxbus/clock/testing"
import { fromPeer, StreamReader } from "@luxbus/dual-stream"
import { expect, test } from "vitest"
import { HostedWriter } from "../src/hosted-writer.ts"
import { carrierPair } from "./fake-carrier.ts"
import { fakeHash } from "./fake-hash.ts"

function writerOn(clock: ManualClock) {
  const events = { readable: () => {}, notice: () => {}, outcome: () => {}, failed: () => {} }
  const reader = new StreamReader({ clock, createHash: fakeHash, events }, { source: fromPeer })
  return new HostedWriter(clock, reader, () => false)
}

test.each([
  ["told to wait while the later one holds", () => {}, false],
  ["taken once the later one is lost", (writer: HostedWriter) => writer.detach(), true],
  ["taken once the later one is said to be away", (writer: HostedWriter) => writer.control({ suspended: 5 }, 0), true],
] as const)("a place that the writer was at before is %s", (_, happens, isTaken) => {
  const clock = new ManualClock()
  const writer = writerOn(clock)
  const [earlier, later] = [carrierPair(clock), carrierPair(clock)]
  expect(writer.bind({ carrier: later.broker, address: 1, sinceMs: 200 })).toBe(true)
  happens(writer)
  expect(writer.bind({ carrier: earlier.broker, address: 1, sinceMs: 100 })).toBe(isTaken)
  expect(earlier.broker.bound(1)).toBe(isTaken ? writer : undefined)
  clock.settle()
  expect(earlier.broker.sent).toHaveLength(isTaken ? 0 : 1)
})
