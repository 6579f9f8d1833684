import { ChunkFlag } from "@luxbus/packet"
import { expect, test } from "vitest"
import { codeOf, TestBus, type TestClient } from "./test-bus.ts"
import { encode } from "./text.ts"

const KIB = 1024

/** Publishes each text in a turn of its own. */
function publishAll(bus: TestBus, client: TestClient, subject: string, texts: readonly string[]): void {
  for (const text of texts) {
    client.publish(subject, text)
    bus.pass(1)
  }
}

test("keeps the last messages by count, and tells a late joiner what went before", () => {
  const bus = new TestBus({ topics: [{ match: "news.*", history: { messages: 3 } }] })
  const p = bus.client("p")
  publishAll(bus, p, "news.a", ["1", "2", "3", "4", "5"])
  publishAll(bus, p, "other", ["1", "2", "3", "4", "5"])
  const [late, other] = [bus.client("s").subscribe("news.a", "start"), bus.client("t").subscribe("other", "start")]
  bus.pass()
  expect(late.texts()).toEqual(["[0-1 evicted]", "3", "4", "5"])
  expect(other.texts()).toEqual(["1", "2", "3", "4", "5"])
})

test("counts messages, not chunks, and keeps what came in one turn together", () => {
  const bus = new TestBus({ topics: [{ match: "news", history: { messages: 2 } }] })
  const p = bus.client("p")
  p.publish("news", "1", "2", "3")
  bus.pass()
  for (const text of ["4", "5"]) {
    p.publishBytes("news", { data: encode(`${text}a`), flags: ChunkFlag.more }, { data: encode(`${text}b`) })
    if (text === "4") {
      const all = bus.client("s").subscribe("news", "start")
      bus.pass()
      expect(all.texts()).toEqual(["1", "2", "3", "4a", "4b"])
    }
    bus.pass()
  }
  const late = bus.client("t").subscribe("news", "start")
  bus.pass()
  expect(late.texts()).toEqual(["[0-2 evicted]", "4a", "4b", "5a", "5b"])
})

test("keeps as many whole messages as are asked for where one lies in several runs", () => {
  const bus = new TestBus({ topics: [{ match: "news", history: { messages: 2 } }] })
  const p = bus.client("p")
  const part = { data: new Uint8Array(32 * KIB), flags: ChunkFlag.more }
  p.publishBytes("news", part, part, part, { data: encode("1") })
  p.publish("news", "2")
  bus.pass()
  const late = bus.client("s").subscribe("news", "start")
  bus.pass()
  expect(late.texts().length).toBe(5)
  expect(late.texts().slice(-2)).toEqual(["1", "2"])
})

test("lets go of a young subject's messages in time beside one that keeps them long", () => {
  const topics = [
    { match: "long", history: { ageMs: 3_600_000 } },
    { match: "short", history: { ageMs: 5_000 } },
  ]
  const bus = new TestBus({ topics })
  const p = bus.client("p")
  p.publish("long", "1")
  bus.pass()
  const { heldBytes } = bus.dispatcher.usage
  p.publish("short", "1")
  bus.pass(6_500)
  expect(bus.dispatcher.usage.heldBytes).toBe(heldBytes)
})

test("a group does not begin with what is too old, and not with what is retained", () => {
  const topics = [
    { match: "old", history: { ageMs: 1_500 } },
    { match: "state", retain: true },
  ]
  const bus = new TestBus({ topics })
  bus.client("p").publish("state", "1")
  bus.client("p").publish("old", "1")
  bus.pass(1_501)
  const members = [bus.client("m").join("old", "g", {}, "start"), bus.client("n").join("state", "g")]
  bus.pass(1)
  for (const subject of ["old", "state"]) bus.client("p").publish(subject, "2")
  bus.pass(1)
  expect(members.map((member) => member.texts())).toEqual([["[0-0 lagged]", "2"], ["2"]])
})

test("keeps a history within its bytes, which are not the ring's, and never less than the last message", () => {
  const history = { bytes: 32 * KIB }
  const bus = new TestBus({ topicRingBytes: KIB, topics: [{ match: "news", history }] })
  const p = bus.client("p")
  publishAll(
    bus,
    p,
    "news",
    Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(4 * KIB)),
  )
  expect(bus.dispatcher.usage.heldBytes).toBeLessThanOrEqual(32 * KIB)
  expect(bus.dispatcher.usage.heldBytes).toBeGreaterThan(24 * KIB)
  const part = { data: new Uint8Array(32 * KIB), flags: ChunkFlag.more }
  p.publishBytes("news", part, part, part, { data: encode("end") })
  bus.pass()
  const late = bus.client("s").subscribe("news", "start")
  bus.pass()
  expect(late.texts().length).toBe(5)
  expect(late.texts().at(-1)).toBe("end")
})

test("lets go of what is too old, all of it in the end, with one timer for all topics", () => {
  const bus = new TestBus({ topics: [{ match: ">", history: { ageMs: 10_000 } }] })
  const p = bus.client("p")
  for (const subject of ["a", "b", "c"]) p.publish(subject, "1")
  bus.pass(1)
  const idle = bus.clock.pendingTimers
  for (const subject of ["d", "e", "f"]) p.publish(subject, "1")
  bus.pass(1)
  expect(bus.clock.pendingTimers).toBe(idle)
  bus.pass(8_000)
  p.publish("a", "2")
  bus.pass(2_500)
  const late = bus.client("s").subscribe("a", "start")
  bus.pass(1)
  expect(late.texts()).toEqual(["[0-0 evicted]", "2"])
  bus.pass(20_000)
  expect(bus.dispatcher.usage.heldBytes).toBe(0)
  p.publish("a", "3")
  bus.pass()
  expect(late.texts()).toEqual(["[0-0 evicted]", "2", "3"])
})

test("serves nobody who comes what is too old, before the timer has looked", () => {
  const bus = new TestBus({ topics: [{ match: "a", history: { ageMs: 1_500 } }] })
  bus.client("p").publish("a", "1")
  bus.pass(1_000)
  bus.client("p").publish("b", "1")
  bus.pass(501)
  const late = bus.client("s").subscribe("a", "start")
  bus.pass(1)
  expect(late.texts()).toEqual(["[0-0 evicted]"])
})

test("retains the last message beyond its age, and gives it to who subscribes from now on", () => {
  const bus = new TestBus({ topics: [{ match: "state.>", retain: true, history: { ageMs: 5_000 } }] })
  const p = bus.client("p")
  const first = bus.client("first").subscribe("state.x")
  publishAll(bus, p, "state.x", ["1", "2"])
  p.publishBytes("state.x", { data: encode("3a"), flags: ChunkFlag.more }, { data: encode("3b") })
  bus.pass(60_000)
  const client = bus.client("s")
  const late = client.subscribe("state.x")
  bus.pass()
  expect(late.texts()).toEqual(["3a", "3b"])
  expect(late.items[0]).toMatchObject({ origin: "p" })
  client.cut()
  client.reconnect()
  p.publish("state.x", "4")
  bus.pass()
  expect(late.texts()).toEqual(["3a", "3b", "4"])
  expect(first.texts()).toEqual(["1", "2", "3a", "3b", "4"])
})

test("retains a message of the middle of a run, and nothing where nothing was published", () => {
  const bus = new TestBus({ topics: [{ match: "state", retain: true }] })
  const empty = bus.client("early").subscribe("state")
  bus.pass()
  const p = bus.client("p")
  p.publish("state", "1", "2", "3")
  bus.pass()
  const late = bus.client("s").subscribe("state")
  bus.pass()
  expect([empty.texts(), late.texts()]).toEqual([["1", "2", "3"], ["3"]])
})

test("does not forget a topic while its history holds something", () => {
  const bus = new TestBus({ topicIdleMs: 60_000, topics: [{ match: "kept", history: { ageMs: 600_000 } }] })
  const p = bus.client("p")
  for (const subject of ["kept", "other"]) p.publish(subject, "1")
  bus.pass(300_000)
  expect(bus.dispatcher.usage.topics).toBe(1)
  const late = bus.client("s").subscribe("kept", "start")
  bus.pass()
  expect(late.texts()).toEqual(["1"])
  late.reader?.close()
  bus.pass(500_000)
  expect(bus.dispatcher.usage).toMatchObject({ topics: 0, aliases: 0, heldBytes: 0 })
  expect(bus.clock.pendingTimers).toBe(0)
})

test("takes the first policy that matches", () => {
  const topics = [
    { match: "a.b", history: { messages: 1 } },
    { match: "a.*", history: { messages: 2 } },
  ]
  const bus = new TestBus({ topics })
  const p = bus.client("p")
  for (const subject of ["a.b", "a.c"]) publishAll(bus, p, subject, ["1", "2", "3"])
  const readers = ["a.b", "a.c"].map((subject) => bus.client(subject).subscribe(subject, "start"))
  bus.pass()
  expect(readers.map((reader) => reader.texts().slice(1))).toEqual([["3"], ["2", "3"]])
})

test.each([
  { match: "a..b" },
  { match: "a.>.b" },
  { match: "a", history: { messages: 0 } },
  { match: "a", history: { bytes: 1.5 } },
  { match: "a", history: { ageMs: Number.NaN } },
])("refuses the policy %o", (policy) => {
  expect(codeOf(() => new TestBus({ topics: [policy] }))).toBe("invalid_argument")
})
