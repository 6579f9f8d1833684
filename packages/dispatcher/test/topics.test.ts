import { ChunkFlag, LIMITS, MessageWriter } from "@luxbus/packet"
import { expect, test } from "vitest"
import { codeOf, TestBus } from "./test-bus.ts"
import type { TestReader } from "./test-reader.ts"
import { encode } from "./text.ts"

const KIB = 1024

/** What a subscriber got, with its publishers. */
function messages(reader: TestReader): string[] {
  const texts = reader.texts()
  let index = 0
  return reader.items.flatMap((item) => {
    if (item.type === "end") return []
    const text = texts[index++]
    return item.type === "chunk" ? [`${item.origin ?? "-"}:${text}`] : [`${text}`]
  })
}

test("gives what is published to every subscriber, in one order, with its publishers", () => {
  const bus = new TestBus()
  const subscribers = Array.from({ length: 50 }, (_, i) => bus.client(`s${i}`))
  const readers = subscribers.map((client) => client.subscribe("news"))
  const [p, q] = [bus.client("p"), bus.client("q")]
  bus.pass()
  for (const { broker } of subscribers) broker.shared.length = 0
  p.publish("news", "1", "2")
  q.publish("news", "3")
  p.publish("news", "4", "5")
  bus.pass()
  p.publish("news", "6")
  bus.pass()
  for (const reader of readers) expect(messages(reader)).toEqual(["p:1", "-:2", "q:3", "p:4", "-:5", "p:6"])
  const first = subscribers[0]!.broker.shared
  expect(first.length).toBe(2)
  for (const { broker } of subscribers) expect(broker.shared).toEqual(first)
  expect(subscribers[7]!.broker.shared[0]).toBe(first[0])
  expect(first[0]!.byteLength).toBe(first[0]!.buffer.byteLength)
})

test("numbers what nobody is subscribed to, and keeps it for who comes late", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  p.publish("news", "1", "2", "3")
  bus.pass()
  const late = bus.client("late").subscribe("news", "start")
  const now = bus.client("now").subscribe("news")
  bus.pass()
  p.publish("news", "4")
  bus.pass()
  expect(late.texts()).toEqual(["1", "2", "3", "4"])
  expect(now.texts()).toEqual(["4"])
  expect(now.starts[0]?.fields).toMatchObject({ kind: 4, name: "news", mainFirst: 3, mainMessage: 3 })
})

test("names the publisher again to who begins in the middle of a run", () => {
  const bus = new TestBus()
  const [p, q] = [bus.client("p"), bus.client("q")]
  p.publish("news", "1", "2")
  q.publish("news", "3", "4", "5")
  bus.pass()
  const viewer = bus.client("viewer")
  const all = viewer.subscribe("news", "start")
  bus.pass()
  const rest = viewer.subscribe("news", { ...all.cursor, main: 3 })
  const tail = bus.client("other").subscribe("news", { ...all.cursor, main: 1 })
  bus.pass()
  expect(messages(all)).toEqual(["p:1", "-:2", "q:3", "-:4", "-:5"])
  expect(messages(rest)).toEqual(["q:4", "-:5"])
  expect(messages(tail)).toEqual(["p:2", "q:3", "-:4", "-:5"])
})

test("appends a message of several chunks only when it is whole, with nothing between", () => {
  const bus = new TestBus()
  const [p, q] = [bus.client("p"), bus.client("q")]
  const reader = bus.client("s").subscribe("news")
  bus.pass()
  p.publishBytes("news", { data: encode("a1"), flags: ChunkFlag.more })
  q.publish("news", "b")
  bus.pass()
  expect(reader.texts()).toEqual(["b"])
  p.publishBytes("news", { data: encode("a2"), flags: ChunkFlag.more }, { data: encode("a3") })
  q.publish("news", "c")
  bus.pass()
  expect(messages(reader)).toEqual(["q:b", "p:a1", "-:a2", "-:a3", "q:c"])
})

test("re-encodes a frame that says more than its data, and passes no flag of the hop on", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  const reader = bus.client("s").subscribe("news")
  bus.pass()
  p.publishBytes(
    "news",
    { data: encode("1") },
    { data: encode("2") },
    { data: encode("3"), hop: 16 },
    { data: encode("4"), fields: { origin: "forged" } },
    { data: encode("5") },
  )
  bus.pass()
  expect(messages(reader)).toEqual(["p:1", "-:2", "-:3", "-:4", "-:5"])
})

test("resets a publisher whose message is too large, and nobody else", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  const reader = bus.client("s").subscribe("news")
  bus.pass()
  const part = { data: new Uint8Array(128 * KIB), flags: ChunkFlag.more }
  for (let i = 0; i < 8; i++) p.publishBytes("news", part)
  expect(p.broker.boundCount).toBe(1)
  p.publishBytes("news", part)
  expect(p.broker.boundCount).toBe(0)
  bus.client("q").publish("news", "fine")
  bus.pass()
  expect(reader.texts()).toEqual(["fine"])
})

test("carries a message of the largest size in pieces that fit a connection's message", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  const subscriber = bus.client("s")
  const reader = subscriber.subscribe("news")
  bus.pass()
  for (let i = 0; i < 16; i++) {
    p.publishBytes("news", { data: new Uint8Array(64 * KIB).fill(i), flags: i < 15 ? ChunkFlag.more : 0 })
  }
  bus.pass()
  expect(reader.bytes().length).toBe(LIMITS.applicationMessageBytes)
  expect(Math.max(...subscriber.broker.sent.map(({ length }) => length))).toBeLessThan(256 * KIB)
})

test("skips what a slow subscriber's ring no longer has, and says so", () => {
  const bus = new TestBus({ topicRingBytes: 64 * KIB })
  const p = bus.client("p")
  const client = bus.client("slow")
  const slow = client.subscribe("news")
  const fast = bus.client("fast").subscribe("news")
  bus.pass()
  client.broker.full = true
  for (let i = 0; i < 40; i++) {
    p.publish("news", `${i}`.padEnd(8 * KIB))
    bus.pass(1)
  }
  expect(bus.dispatcher.usage.heldBytes).toBeLessThanOrEqual(64 * KIB)
  client.broker.full = false
  bus.pass()
  expect(fast.texts().length).toBe(40)
  const [gap, ...rest] = slow.texts()
  expect(gap).toBe(`[0-${39 - rest.length} lagged]`)
  expect(rest).toEqual(fast.texts().slice(-rest.length))
  expect(messages(slow)[1]).toMatch(/^p:/)
})

test("forgets a topic that nobody publishes or subscribes to, and begins it anew in a later epoch", () => {
  const bus = new TestBus({ topicIdleMs: 60_000 })
  const p = bus.client("p")
  p.publish("news", "1")
  const reader = bus.client("s").subscribe("other")
  bus.pass()
  bus.pass(70_000)
  expect(bus.dispatcher.usage.topics).toBe(1)
  const { epoch } = reader.starts[0]!
  reader.reader?.close()
  bus.pass(140_000)
  expect(bus.dispatcher.usage).toMatchObject({ topics: 0, aliases: 0, heldBytes: 0 })
  expect(bus.clock.pendingTimers).toBe(0)

  const again = bus.client("t").subscribe("news", "start")
  p.publish("news", "2")
  bus.pass()
  expect(again.texts()).toEqual(["2"])
  expect(again.starts[0]!.epoch).toBeGreaterThan(epoch)
})

test("resumes a subscriber where its cursor stands", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  const s = bus.client("s")
  const reader = s.subscribe("news")
  bus.pass()
  p.publish("news", "1")
  bus.pass()
  s.cut()
  p.publish("news", "2")
  bus.pass(1_000)
  s.reconnect()
  p.publish("news", "3")
  bus.pass()
  expect(reader.texts()).toEqual(["1", "2", "3"])
})

test("refuses what is no subject, an error lane, and a cancel of a topic", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  expect(codeOf(() => p.command("subscribe", { subject: "a..b" }))).toBe("invalid_argument")
  const reader = p.subscribe("news")
  bus.pass()
  reader.reader?.cancel("stop")
  bus.pass()
  expect(reader.error?.code).toBe("unsupported")
  p.publish("news", "1")
  const writer = new MessageWriter()
  writer.chunk(5_000, 2, 0, 0, 1, encode("x"))
  p.broker.receive(writer.take())
  expect(p.broker.boundCount).toBe(0)
})

test("bounds the subjects that one connection publishes to", () => {
  const bus = new TestBus({ maxPublicationsPerClient: 2 })
  const p = bus.client("p")
  for (const subject of ["a", "b", "c"]) p.publish(subject, "1")
  bus.pass()
  expect(p.broker.boundCount).toBe(2)
  expect(bus.dispatcher.usage.topics).toBe(2)
})
