import { SeededRandom } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { carrierPair } from "./fake-carrier.ts"
import { codeOf, TestBus } from "./test-bus.ts"

test("knows a client while it is connected, and for the window after", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  expect(bus.dispatcher.client("a")).toBeUndefined()
  const a = bus.client("a")
  expect(bus.dispatcher.client("a")).toEqual({ session: a.session, connected: true })
  a.cut()
  expect(bus.dispatcher.client("a")).toEqual({ session: a.session, connected: false })
  bus.pass(9_999)
  expect(bus.events).toEqual([])
  bus.pass(1)
  expect(bus.dispatcher.client("a")).toBeUndefined()
  expect(bus.events).toEqual(["gone a"])
})

test("takes a new connection under the same id for the end of the old one", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const a = bus.client("a")
  const old = a.connected
  const job = a.host("job").write("x")
  bus.pass()
  a.reconnect()
  old.disconnect()
  bus.pass(20_000)
  expect(bus.dispatcher.client("a")?.connected).toBe(true)
  expect(bus.summary("job")?.state).toBe("live")
  job.finish()
  bus.pass()
  expect(job.writer.state).toBe("complete")
})

test("refuses ids and sessions that are none", () => {
  const bus = new TestBus()
  const { broker: carrier } = carrierPair(bus.clock)
  const session = new Uint8Array(32)
  expect(codeOf(() => bus.dispatcher.connect({ id: "", session, carrier }))).toBe("invalid_argument")
  expect(codeOf(() => bus.dispatcher.connect({ id: "a", session: new Uint8Array(31), carrier }))).toBe(
    "invalid_argument",
  )
})

test("checks its options, and has the defaults that it documents", () => {
  for (const name of ["windowMs", "maxStreams", "topicRingBytes"]) {
    expect(codeOf(() => new TestBus({ [name]: -1 }))).toBe("invalid_argument")
    expect(codeOf(() => new TestBus({ [name]: 1.5 }))).toBe("invalid_argument")
  }
  expect(codeOf(() => new TestBus({ windowMs: 2 ** 31 }))).toBe("invalid_argument")
  const bus = new TestBus()
  const a = bus.client("a")
  a.host("job").write("x")
  bus.pass()
  a.cut()
  bus.pass(119_999)
  expect(bus.dispatcher.client("a")).toBeDefined()
  expect(bus.summary("job")?.state).toBe("suspended")
  bus.pass(1)
  expect(bus.dispatcher.client("a")).toBeUndefined()
  expect(bus.summary("job")?.state).toBe("finished")
  bus.pass(3_599_999)
  expect(bus.summary("job")).toBeDefined()
  bus.pass(1)
  expect(bus.summary("job")).toBeUndefined()
})

test("names this life of the broker by eight random bytes", () => {
  expect(new TestBus().dispatcher.incarnation).toEqual(new SeededRandom(1).bytes(8))
})
