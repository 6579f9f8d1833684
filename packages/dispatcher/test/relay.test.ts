import { BusError, Lane, LIMITS } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus } from "./test-bus.ts"

const KIB = 1024
const NO_END = { pull: () => false, frame: () => {}, endRun: () => {}, control: () => {}, detach: () => {} }

test("relays a stream whole, with both lanes and the outcome", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x", "y").writeError("e")
  bus.pass()
  stream.write("z").finish({ status: "error", code: "E", message: "m" })
  bus.pass()
  const reader = b.accepted("a", "call")
  expect(reader.starts[0]?.fields).toMatchObject({ kind: 2, name: "call", from: "a", seq: expect.anything() })
  expect(reader.starts[0]?.epoch).toBe(1)
  expect(reader.texts()).toEqual(["x", "y", "z"])
  expect(reader.text("error")).toBe("e")
  expect(reader.outcome).toMatchObject({ status: "error", code: "E" })
  expect(stream.writer.state).toBe("complete")
  expect(bus.dispatcher.usage.relays).toBe(0)
  expect(a.broker.boundCount + b.broker.boundCount).toBe(0)
})

test("relays in both directions under one name", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const there = a.open("call", "b").write("question")
  const back = b.open("call", "a").write("answer")
  bus.pass()
  there.finish()
  back.finish()
  bus.pass()
  expect(b.accepted("a", "call").text()).toBe("question")
  expect(a.accepted("b", "call").text()).toBe("answer")
  expect(bus.dispatcher.usage.relays).toBe(0)
})

test("a reader that was away when its writer gave up hears of it as it comes back", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x")
  bus.pass()
  b.cut()
  bus.pass()
  stream.writer.abandon(new BusError("closed", "no more"))
  bus.pass()
  expect(bus.dispatcher.usage.relays).toBe(1)
  b.reconnect()
  bus.pass()
  expect(b.accepted("a", "call").error?.code).toBe("closed")
  // Another process in its place must not take it for a new stream.
  expect(b.accepted("a", "call").starts.map(({ fields }) => fields.resume)).toEqual([undefined, true])
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0 })
})

test("a reader hears of a stream that was opened and given up in one turn", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  a.open("call", "b").writer.abandon(new BusError("closed", "no more"))
  bus.pass()
  expect(b.accepted("a", "call").starts).toHaveLength(1)
  expect(b.accepted("a", "call").error?.code).toBe("closed")
})

test("a reader that never heard of a stream is not told that it was given up", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const stream = a.open("call", "b")
  bus.pass()
  stream.writer.abandon(new BusError("closed", "no more"))
  bus.pass()
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0 })
})

test("creates no credit: a reader that does not read stops its writer", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const reader = b.accepted("a", "call")
  reader.paused = true
  const stream = a.open("call", "b")
  for (let i = 0; i < 40; i++) stream.writer.write(Lane.main, new Uint8Array(60 * KIB), 0)
  bus.pass()
  expect(stream.writer.blocked(Lane.main)).toBe(true)
  expect(reader.reader!.lane(Lane.main).heldCost).toBeLessThanOrEqual(LIMITS.windowBytes.main)
  reader.resume()
  stream.finish()
  bus.pass(5_000)
  expect(reader.bytes().length).toBe(40 * 60 * KIB)
  expect(stream.writer.state).toBe("complete")
})

test("goes on whole after the writer's connection was lost", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x")
  bus.pass()
  a.cut()
  stream.write("y")
  bus.pass(1_000)
  const reader = b.accepted("a", "call")
  expect(reader.notices).toContainEqual({ type: "suspended", leftMs: 120_000 })
  a.reconnect()
  bus.pass()
  stream.write("z").finish()
  bus.pass()
  expect(reader.texts()).toEqual(["x", "y", "z"])
  expect(reader.verified()).toBe(true)
  expect(stream.writer.state).toBe("complete")
  expect(b.broker.boundCount).toBe(0)
})

test("goes on whole after the reader's connection was lost", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x")
  bus.pass()
  stream.write("lost on the way")
  b.cut()
  bus.pass()
  stream.write("y")
  bus.pass(1_000)
  expect(stream.notices).toContainEqual({ type: "suspended", leftMs: 120_000 })
  expect(bus.dispatcher.usage.waitingRelays).toBe(1)
  b.reconnect()
  bus.pass(1_000)
  stream.finish()
  bus.pass(1_000)
  const reader = b.accepted("a", "call")
  expect(reader.texts()).toEqual(["x", "lost on the way", "y"])
  expect(reader.verified()).toBe(true)
  expect(stream.noticed("resumed")).toBe(true)
  expect(stream.writer.state).toBe("complete")
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0 })
})

test("survives the loss of both connections", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x")
  bus.pass()
  a.cut()
  b.cut()
  expect(bus.dispatcher.usage.relays).toBe(0)
  stream.write("y")
  bus.pass(1_000)
  a.reconnect()
  bus.pass(1_000)
  b.reconnect()
  stream.finish()
  bus.pass(6_000)
  expect(b.accepted("a", "call").texts()).toEqual(["x", "y"])
  expect(stream.writer.state).toBe("complete")
})

test("keeps a stream to an absent client opening, and announces it when that comes", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const stream = a.open("call", "b").write("x")
  bus.pass()
  expect(stream.noticed("waiting")).toBe(true)
  bus.pass(300_000)
  expect(stream.writer.state).toBe("opening")
  expect(bus.dispatcher.usage).toMatchObject({ relays: 1, waitingRelays: 1 })
  expect(a.broker.boundCount).toBe(1)
  const b = bus.client("b")
  bus.pass()
  stream.finish()
  bus.pass()
  expect(b.accepted("a", "call").text()).toBe("x")
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0 })
})

test("says what it had to drop once there is room, and the reader has it repaired", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b")
  bus.pass()
  b.broker.full = true
  const sentBefore = b.broker.sent.length
  for (let i = 0; i < 20; i++) stream.writer.write(Lane.main, new Uint8Array(16 * KIB).fill(i), 0)
  bus.pass(150)
  expect(b.broker.sent.length).toBe(sentBefore)
  b.broker.full = false
  bus.settle()
  const holes = b.carrier.received.filter((fields) => typeof fields === "object" && fields.hole !== undefined)
  expect(holes).toEqual([
    { lane: Lane.main, hole: [] },
    { lane: Lane.main, hole: [[12, 19]] },
  ])
  bus.pass(2_000)
  stream.finish()
  bus.pass(2_000)
  const reader = b.accepted("a", "call")
  expect(reader.bytes().length).toBe(20 * 16 * KIB)
  expect(reader.verified()).toBe(true)
  expect(stream.writer.repeatedBytes).toBeGreaterThan(0)
  expect(stream.writer.state).toBe("complete")
})

test("says again that there is no room to a reader whose stream goes on: it has forgotten", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b")
  bus.pass()
  // Chunks find no room, statements do.
  Object.assign(b.broker, { send: () => false, onRoom: () => {} })
  stream.write("x")
  bus.pass(100)
  const holes = () => b.carrier.received.filter((fields) => typeof fields === "object" && fields.hole !== undefined)
  expect(holes()).toEqual([{ lane: Lane.main, hole: [] }])
  a.cut()
  a.reconnect()
  bus.pass(100)
  expect(holes()).toHaveLength(2)
})

test("does not offer what a reader has taken to another process in its place", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  // Nothing comes back to the writer.
  a.carrier.peer!.peer = undefined
  const stream = a.open("call", "b").write("x")
  bus.pass()
  stream.writer.restart()
  bus.pass()
  expect(b.accepted("a", "call").starts.map(({ fields }) => fields.resume)).toEqual([undefined, true])
})

test("announces a repeated START again under the same alias", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x")
  bus.pass()
  stream.writer.restart()
  bus.pass()
  const { starts } = b.accepted("a", "call")
  expect(starts.length).toBe(2)
  expect(starts[1]?.fields.alias).toBe(starts[0]?.fields.alias)
  expect(b.broker.boundCount).toBe(1)
  stream.write("y").finish()
  bus.pass()
  expect(b.accepted("a", "call").texts()).toEqual(["x", "y"])
})

test("passes resets both ways, and forgets the stream", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const [refused, abandoned] = [a.open("refused", "b"), a.open("abandoned", "b")]
  bus.pass()
  b.accepted("a", "refused").reader?.refuse(new BusError("forbidden", "not this one"))
  abandoned.writer.abandon(new BusError("cancelled", "changed my mind"))
  bus.pass()
  expect(refused.error?.code).toBe("forbidden")
  expect(b.accepted("a", "abandoned").error?.code).toBe("cancelled")
  expect(bus.dispatcher.usage.relays).toBe(0)
  expect(a.broker.boundCount + b.broker.boundCount).toBe(0)
})

test("puts a later stream in the place of one under the same name, and fences an earlier epoch", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  a.open("call", "b", 5).write("old")
  bus.pass()
  const reader = b.accepted("a", "call")
  expect(reader.text()).toBe("old")
  const tooOld = a.open("call", "b", 4)
  bus.pass()
  expect(tooOld.error?.code).toBe("fenced")
  expect(tooOld.error?.details).toEqual({ current: 5 })
  a.open("call", "b", 6)
  bus.pass()
  expect(reader.error?.code).toBe("fenced")
  expect(bus.dispatcher.usage.relays).toBe(1)
})

test("forgets a relay when one side stays away for the window", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a, b] = [bus.client("a"), bus.client("b")]
  a.open("one", "b")
  b.open("two", "a")
  bus.pass()
  b.cut()
  expect(bus.dispatcher.usage.relays).toBe(2)
  bus.pass(10_000)
  expect(bus.dispatcher.usage.relays).toBe(0)
  expect(a.broker.boundCount).toBe(0)
  expect(bus.events).toContain("gone b")
})

test("passes a reader's return on to the writer, if that is connected", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const passed: unknown[] = []
  a.carrier.handler = { started: () => {}, control: ({ resumeStream }) => void passed.push(resumeStream) }
  b.connected.resumeStream({ name: "call", from: "a", epoch: 3, main: 7, error: 0 })
  b.connected.resumeStream({ name: "call", from: "nobody", epoch: 3, main: 7, error: 0 })
  bus.pass()
  expect(passed).toEqual([{ name: "call", to: "b", epoch: 3, main: 7, error: 0 }])
})

test("refuses more relays of one client than the bound, and a START without a peer", () => {
  const bus = new TestBus({ maxRelaysPerClient: 1 })
  const [a] = [bus.client("a"), bus.client("b")]
  a.open("one", "b")
  bus.pass()
  const two = a.open("two", "b")
  const resets: string[] = []
  const end = { ...NO_END, reset: ({ code }: BusError) => void resets.push(code) }
  a.carrier.start(a.carrier.allocate(end), { epoch: 1 }, { kind: 2, name: "three", seq: new Uint8Array(40) })
  a.carrier.start(a.carrier.allocate(end), { epoch: 1 }, { kind: 2, name: "four", to: "b" })
  a.carrier.start(a.carrier.allocate(end), { epoch: 1 }, { kind: 4, name: "five" })
  bus.pass()
  expect(two.error?.code).toBe("rate_limited")
  expect(resets).toEqual(["invalid_argument", "invalid_argument", "protocol"])
  expect(a.broker.boundCount).toBe(1)
})
