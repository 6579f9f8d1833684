import { ChunkFlag, LIMITS } from "@luxbus/packet"
import { expect, test } from "vitest"
import { codeOf, TestBus, type TestClient } from "../test-bus.ts"
import type { TestReader } from "../test-reader.ts"
import { encode } from "../text.ts"

const KIB = 1024

/** What a subscriber got: publisher, subject and text, each name where the broker says it. */
function messages(reader: TestReader): string[] {
  const texts = reader.texts()
  return reader.items.map((item, index) =>
    item.type === "chunk" ? `${item.origin ?? "-"} ${item.subject ?? "-"} ${texts[index]}` : `${texts[index]}`,
  )
}

/** The same with the names as they hold. */
function heard(reader: TestReader): string[] {
  const texts = reader.texts()
  let [origin, subject] = ["", ""]
  return reader.items.map((item, index) => {
    if (item.type !== "chunk") return `${texts[index]}`
    origin = item.origin ?? origin
    subject = item.subject ?? subject
    return `${origin} ${subject} ${texts[index]}`
  })
}

function numbers(reader: TestReader): number[] {
  return reader.items.flatMap((item) => (item.type === "chunk" ? [item.number] : []))
}

test("gives what is published on every subject that matches to every subscriber, in one order, in one buffer", () => {
  const bus = new TestBus()
  const subscribers = Array.from({ length: 20 }, (_, i) => bus.client(`s${i}`))
  const readers = subscribers.map((client) => client.subscribe("task.*.progress"))
  const [p, q] = [bus.client("p"), bus.client("q")]
  bus.pass()
  for (const { broker } of subscribers) broker.shared.length = 0
  p.publish("task.1.progress", "a", "b")
  p.publish("task.1.result", "no")
  q.publish("task.2.progress", "c")
  p.publish("task.1.progress", "d", "e")
  q.publish("task.1.progress", "f")
  bus.pass()
  const [first] = subscribers[0]!.broker.shared
  for (const { broker } of subscribers) expect(broker.shared.map((run) => run === first)).toEqual([true])
  expect(first!.byteLength).toBe(first!.buffer.byteLength)
  for (const reader of readers) {
    expect(messages(reader)).toEqual([
      "p task.1.progress a",
      "- - b",
      "q task.2.progress c",
      "p task.1.progress d",
      "- - e",
      "q - f",
    ])
    expect(numbers(reader)).toEqual([0, 1, 3, 4, 5, 6])
  }
  q.publish("task.1.progress", "g")
  bus.pass()
  for (const reader of readers) expect(messages(reader).at(-1)).toBe("q task.1.progress g")
  expect(readers[0]!.starts[0]?.fields).toMatchObject({ kind: 4, name: "task.*.progress", sparse: true, mainFirst: 0 })
})

test("begins every run of a large turn with its names", () => {
  const bus = new TestBus()
  const [p, client] = [bus.client("p"), bus.client("s")]
  const reader = client.subscribe("t.*")
  bus.pass()
  client.broker.shared.length = 0
  p.publish("t.0", "a".padEnd(40 * KIB))
  p.publish("t.1", "b".padEnd(20 * KIB), "c".padEnd(20 * KIB), "d")
  bus.pass()
  expect(client.broker.shared).toHaveLength(2)
  expect(messages(reader).map((text) => text.trim())).toEqual(["p t.0 a", "- t.1 b", "- - c", "p t.1 d"])
})

test("catches up from the start in the whole order of publishing, over all subjects", () => {
  const bus = new TestBus()
  const [p, q] = [bus.client("p"), bus.client("q")]
  const expected: string[] = []
  for (let i = 0; i < 300; i++) {
    const [client, subject] = [i % 3 === 0 ? q : p, `t.${i % 7}`]
    client.publish(subject, `${i}`)
    if (i % 4 === 0) p.publish("other", "x")
    if (i % 5 === 0) bus.pass(1)
    expected.push(`${client.id} ${subject} ${i}`)
  }
  bus.pass()
  const all = bus.client("s").subscribe("t.>", "start")
  bus.pass()
  expect(heard(all)).toEqual(expected)
  p.publish("t.new", "end")
  bus.pass()
  expect(heard(all).at(-1)).toBe("p t.new end")
})

test("begins with what comes from now on, or where a cursor of any pattern stands", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  p.publish("a.1", "old")
  bus.pass()
  const all = bus.client("s").subscribe(">")
  bus.pass()
  p.publish("a.1", "1")
  p.publish("b.1", "2")
  bus.pass()
  const cursor = all.cursor
  p.publish("b.1", "3")
  p.publish("a.2", "4")
  bus.pass()
  expect(all.texts()).toEqual(["1", "2", "3", "4"])
  const [narrow, none] = [bus.client("t").subscribe("a.*", cursor), bus.client("u").subscribe("c.*", all.cursor)]
  bus.pass()
  p.publish("a.1", "5")
  p.publish("c.1", "6")
  bus.pass()
  expect(heard(narrow)).toEqual(["p a.2 4", "p a.1 5"])
  expect(heard(none)).toEqual(["p c.1 6"])
})

test("takes no cursor of a topic for a place in the order of all, and none that lies beyond it", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  p.publish("a.1", "1", "2")
  bus.pass()
  const topic = bus.client("s").subscribe("a.1", "start")
  bus.pass()
  const anew = bus.client("t").subscribe("a.*", topic.cursor)
  bus.pass()
  expect(anew.texts()).toEqual(["[ epoch]", "1", "2"])
  expect(codeOf(() => bus.client("u").subscribe("a.*", { ...anew.cursor, main: 3 }))).toBe("invalid_argument")
  expect(bus.dispatcher.usage.patterns).toBe(1)
})

test("keeps messages of several chunks whole, and names a large one's subject within the bounds of a frame", () => {
  const bus = new TestBus()
  const [p, q] = [bus.client("p".padEnd(128, "p")), bus.client("q")]
  const subject = "t.".padEnd(128, "s")
  const reader = bus.client("s").subscribe("t.*")
  bus.pass()
  p.publishBytes(subject, { data: encode("a"), flags: ChunkFlag.more })
  q.publish("t.2", "b")
  p.publishBytes(subject, { data: new Uint8Array(LIMITS.framePayloadBytes - 264), flags: ChunkFlag.more })
  q.publish("t.2", "c")
  p.publishBytes(subject, { data: encode("d") })
  bus.pass()
  const late = bus.client("t").subscribe("t.*", "start")
  bus.pass()
  const sizes = (each: TestReader) => each.items.map((item) => (item.type === "chunk" ? item.data.length : -1))
  expect(sizes(reader)).toEqual([1, 1, 1, LIMITS.framePayloadBytes - 264, 1])
  expect(sizes(late)).toEqual(sizes(reader))
  expect(numbers(late)).toEqual([0, 1, 2, 3, 4])
})

test("says what a topic has let go of before any later message of it, and leaves out nothing of others", () => {
  const bus = new TestBus({ topics: [{ match: "hot", history: { messages: 2 } }] })
  const p = bus.client("p")
  for (let i = 0; i < 5; i++) {
    p.publish("hot", `h${i}`)
    bus.pass(1)
    p.publish("cold", `c${i}`)
    bus.pass(1)
  }
  const all = bus.client("s").subscribe("*", "start")
  bus.pass()
  expect(all.texts()).toEqual(["c0", "c1", "[4-4 evicted]", "c2", "h3", "c3", "h4", "c4"])
  expect(numbers(all)).toEqual([1, 3, 5, 6, 7, 8, 9])
})

test("tells a slow subscriber what it has missed, at its own pace, and lets others go on", () => {
  const bus = new TestBus({ topicRingBytes: 64 * KIB })
  const p = bus.client("p")
  const client = bus.client("slow")
  const slow = client.subscribe("t.*")
  const fast = bus.client("fast").subscribe("t.*")
  bus.pass()
  client.broker.full = true
  for (let i = 0; i < 60; i++) {
    p.publish(`t.${i % 2}`, `${i}`.padEnd(8 * KIB))
    bus.pass(1)
  }
  client.broker.full = false
  bus.pass()
  expect(fast.texts().length).toBe(60)
  const got = slow.texts().map((text) => text.trim())
  expect(got.filter((text) => text.startsWith("["))).toHaveLength(2)
  expect(got.filter((text) => text.startsWith("[")).every((text) => text.endsWith(" lagged]"))).toBe(true)
  expect(got.slice(-6)).toEqual(["54", "55", "56", "57", "58", "59"])
  expect(heard(slow).at(-1)?.slice(0, 8)).toBe("p t.1 59")
})

test("serves a window of credit and goes on with it as it is granted", () => {
  const bus = new TestBus({ topicRingBytes: 16 * 1024 * KIB })
  const p = bus.client("p")
  const client = bus.client("s")
  const reader = client.subscribe("t.*", "start")
  reader.paused = true
  bus.pass()
  for (let i = 0; i < 50; i++) {
    p.publish(`t.${i % 3}`, `${i}`.padEnd(60 * KIB))
    p.publish("other", "x", "x", "x")
  }
  bus.pass()
  reader.resume()
  bus.pass()
  const sentBytes = client.broker.sent.reduce((sum, { length }) => sum + length, 0)
  expect(sentBytes).toBeLessThan(51 * 60 * KIB)
  expect(heard(reader).map((text) => text.trim())).toEqual(Array.from({ length: 50 }, (_, i) => `p t.${i % 3} ${i}`))
})

test("names publisher and subject again to who begins in the middle of a run", () => {
  const bus = new TestBus()
  const [p, q] = [bus.client("p"), bus.client("q")]
  p.publish("t.1", "1", "2")
  q.publish("t.1", "3", "4")
  p.publish("t.2", "5", "6")
  bus.pass()
  const client = bus.client("s")
  const all = client.subscribe("t.*", "start")
  bus.pass()
  const rests = [1, 2, 3, 4, 5].map((main) => client.subscribe("t.*", { ...all.cursor, main }))
  bus.pass()
  const whole = ["p t.1 1", "p t.1 2", "q t.1 3", "q t.1 4", "p t.2 5", "p t.2 6"]
  expect(heard(all)).toEqual(whole)
  for (const [i, rest] of rests.entries()) expect(heard(rest)).toEqual(whole.slice(i + 1))
})

test("passes over what lies between, however much others have published", () => {
  const bus = new TestBus()
  const [p, client] = [bus.client("p"), bus.client("s")]
  p.publish("t.1", "a")
  bus.pass()
  for (let i = 0; i < 90; i++) {
    p.publish("other", ...Array.from({ length: 1_000 }, () => "x"))
    bus.pass(1)
  }
  p.publish("t.2", "b")
  for (let i = 0; i < 10; i++) p.publish("other", ...Array.from({ length: 1_000 }, () => "x"))
  bus.pass()
  const [all, none] = [client.subscribe("t.*", "start"), client.subscribe("u.*", "start")]
  bus.pass()
  p.publish("u.1", "c")
  p.publish("t.1", "d")
  bus.pass()
  expect(numbers(all)).toEqual([0, 90_001, 100_003])
  expect(heard(all)).toEqual(["p t.1 a", "p t.2 b", "p t.1 d"])
  expect(heard(none)).toEqual(["p u.1 c"])
})

test("says that it begins inside a message, of which it tells the rest", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  const part = (text: string, more: boolean) => ({ data: encode(text), flags: more ? ChunkFlag.more : 0 })
  p.publish("t.1", "x")
  p.publishBytes("t.2", part("a", true), part("b", true), part("c", false))
  bus.pass()
  const all = bus.client("s").subscribe("t.*", "start")
  bus.pass()
  const rest = bus.client("t").subscribe("t.*", { ...all.cursor, main: 3 })
  bus.pass()
  expect(rest.starts[0]?.fields).toMatchObject({ mainFirst: 3, mainMessage: 1 })
  expect(heard(rest)).toEqual(["p t.2 c"])
})

test("goes on after lost connections without a message missing or twice", () => {
  const bus = new TestBus()
  const [p, client] = [bus.client("p"), bus.client("s")]
  const reader = client.subscribe("t.>")
  bus.pass()
  const expected: string[] = []
  for (let i = 0; i < 40; i++) {
    p.publish(`t.${i % 3}.${i % 5}`, `${i}`)
    expected.push(`${i}`)
    if (i % 3 === 0) bus.pass(1)
    if (i % 7 === 2) client.cut()
    if (i % 7 === 5) client.reconnect()
  }
  client.cut()
  client.reconnect()
  bus.pass()
  expect(reader.texts()).toEqual(expected)
  expect(reader.starts.length).toBeGreaterThan(5)
})

test("tells of topics that were forgotten those who stood before their end, and nobody else", () => {
  const bus = new TestBus({ topicIdleMs: 1_000 })
  const p = bus.client("p")
  const client = bus.client("s")
  const reader = client.subscribe("t.*")
  bus.pass()
  p.publish("t.1", "1")
  bus.pass()
  client.cut()
  p.publish("t.1", "2")
  p.publish("other", "x")
  p.publish("t.2", "3")
  const keep = bus.client("k").subscribe("t.2")
  bus.pass(5_000)
  expect(keep.error).toBeUndefined()
  expect(bus.dispatcher.usage.topics).toBe(1)
  client.reconnect()
  const all = bus.client("a").subscribe("t.*", "start")
  bus.pass()
  expect(reader.texts()).toEqual(["1", "[1-1 evicted]", "3"])
  expect(all.texts()).toEqual(["3"])
  p.publish("t.1", "4")
  bus.pass()
  expect(reader.texts().at(-1)).toBe("4")
})

test("takes for granted that something is lost where too many topics were forgotten to remember", () => {
  const bus = new TestBus({ topicIdleMs: 1_000 })
  const [p, client] = [bus.client("p"), bus.client("s")]
  const reader = client.subscribe("t.*")
  bus.pass()
  p.publish("t.1", "1")
  bus.pass()
  client.cut()
  for (let i = 0; i < 1_100; i++) {
    p.publish(`other.${i % 2_000}`, "x")
    if (i % 500 === 499) bus.pass(1)
  }
  bus.pass(5_000)
  client.reconnect()
  bus.pass()
  expect(reader.texts()).toEqual(["1", "[1-76 evicted]"])
})

test("has one run for all of a turn, also where topics are full before it is over, and loses nothing", () => {
  const bus = new TestBus({ topics: [{ match: "big", history: { messages: 1 } }] })
  const p = bus.client("p")
  const [one, two] = [bus.client("s").subscribe("*"), bus.client("t").subscribe("big")]
  const [three] = [bus.client("u").subscribe("b*g"), bus.client("v").subscribe("small")]
  bus.pass()
  for (let i = 0; i < 12; i++) {
    p.publish("small", `s${i}`)
    p.publish("big", `b${i}`.padEnd(40 * KIB))
  }
  bus.pass()
  const order = Array.from({ length: 12 }, (_, i) => [`s${i}`, `b${i}`]).flat()
  expect(one.texts().map((text) => text.trim())).toEqual(order)
  expect(two.texts().length).toBe(12)
  expect(three!.texts()).toEqual([])
})

test("is forgotten with its last subscriber, and costs topics nothing before and after", () => {
  const bus = new TestBus()
  const [p, s, t] = [bus.client("p"), bus.client("s"), bus.client("t")]
  p.publish("a.1", "1")
  bus.pass()
  const { aliases } = bus.dispatcher.usage
  s.subscribe("a.*")
  const rest = t.subscribe("a.*")
  bus.pass()
  expect(bus.dispatcher.usage).toMatchObject({ patterns: 1, aliases: aliases + 1 })
  s.cut()
  p.publish("a.1", "2")
  bus.pass()
  t.cut()
  expect(bus.dispatcher.usage).toMatchObject({ patterns: 0, aliases })
  p.publish("a.1", "3")
  p.publish("a.2", "4")
  bus.pass()
  t.reconnect()
  bus.pass()
  expect(rest.texts()).toEqual(["2", "3", "4"])
})

test("refuses what is no pattern, a group of a pattern, and publishing to one", () => {
  const bus = new TestBus()
  const client: TestClient = bus.client("s")
  for (const pattern of ["a.>.b", "a..*", "", "a b.*"]) {
    expect(codeOf(() => client.command("subscribe", { subject: pattern }))).toBe("invalid_argument")
  }
  expect(codeOf(() => client.command("subscribe", { subject: "a.*", group: "g", member: 0 }))).toBe("unsupported")
  expect(codeOf(() => client.command("leave", { subject: "a.*", group: "g", member: 0 }))).toBe("invalid_argument")
  client.publish("a.*", "x")
  expect(client.broker.boundCount).toBe(0)
  expect(bus.dispatcher.usage).toMatchObject({ topics: 0, patterns: 0 })
})
