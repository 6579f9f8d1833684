import { type JsonObject, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { TestBus, TestClient } from "./test-bus.ts"
import { cluster, expectNothingLeft, LOSSY, WINDOW_MS } from "./test-cluster.ts"

type Three = [TestBus, TestBus, TestBus]

const NUMBERS = Array.from({ length: 150 }, (_, i) => `${i}.`)

/** Moves a client to another broker, where it goes on with what it had. */
function move(client: TestClient, to: TestBus): void {
  client.cut()
  client.reconnect(to)
}

/** The stream `job` at broker A, which has these chunks. */
function hosted(
  texts: readonly string[],
  ...options: Parameters<typeof cluster> extends [unknown, ...infer R] ? R : never
) {
  const { nodes, backplane, clock } = cluster(["A", "B", "C"], ...options)
  const [a, b, c] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write(...texts)
  a.pass(1_000)
  return { nodes, backplane, clock, a, b, c, writer, job }
}

test("a late reader at another broker reads a stream from its start, both lanes, and its outcome", () => {
  const { nodes, a, b, job } = hosted(["1", "2"])
  job.writeError("e")
  a.pass(1_000)
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  job.write("3").finish({ status: "error", code: "E", message: "m" })
  a.pass(1_000)
  expect(viewer.texts()).toEqual(["1", "2", "3"])
  expect(viewer.texts("error")).toEqual(["e"])
  expect(viewer.verified() && viewer.verified("error")).toBe(true)
  expect(viewer.outcome).toMatchObject({ status: "error", code: "E", main: 4, error: 2 })
  expect(viewer.completed).toBe(true)
  expect(viewer.starts[0]?.fields.headers).toEqual({ title: "job" })
  expect(a.summary("job")?.readers).toBe(0)
  expectNothingLeft(nodes)
})

test("reads a finished stream of another broker's, and again without asking for it again", () => {
  const { a, b, job, backplane } = hosted(["x".repeat(30_000)])
  job.finish()
  a.pass(1_000)
  const first = b.client("v").attach("job")
  a.pass(1_000)
  expect(first.completed).toBe(true)
  const before = backplane.publishedBytes
  const second = b.client("v2").attach("job")
  a.pass(1_000)
  expect(second.completed).toBe(true)
  expect(second.text()).toBe(first.text())
  expect(backplane.publishedBytes - before).toBeLessThan(5_000)
})

test("a reader from now on hears nothing of what was there before it asked, and all of what comes after", () => {
  const { a, b, job } = hosted(["old"])
  const viewer = b.client("v").attach("job", "now")
  a.pass(1_000)
  expect(viewer.texts()).toEqual([])
  job.write("new")
  a.pass(1_000)
  const later = b.client("v2").attach("job", "now")
  a.pass(1_000)
  job.write("newer")
  a.pass(1_000)
  expect(viewer.texts()).toEqual(["new", "newer"])
  expect(later.texts()).toEqual(["newer"])
})

test("a cursor is good at every broker: nothing is lost or repeated, wherever its reader goes", () => {
  const { nodes, a, b, c, job } = hosted([])
  const reader = a.client("v")
  const viewer = reader.attach("job")
  for (const [i, text] of NUMBERS.entries()) {
    if (i % 10 === 5) move(reader, [b, c, a][(i / 10) | (0 % 3)] ?? nodes[((i / 10) | 0) % 3]!)
    job.write(text)
    if (i % 5 === 0) job.writeError(text)
    a.pass(100)
  }
  job.finish()
  a.pass(2_000)
  expect(viewer.texts()).toEqual(NUMBERS)
  expect(viewer.texts("error")).toEqual(NUMBERS.filter((_, i) => i % 5 === 0))
  expect(viewer.verified()).toBe(true)
  expect(viewer.completed).toBe(true)
  expectNothingLeft(nodes)
})

test("both ends move", () => {
  const { nodes, a, b, c, writer, job } = hosted([])
  const reader = b.client("v")
  const viewer = reader.attach("job")
  const homes = [a, b, c]
  for (const [i, text] of NUMBERS.slice(0, 60).entries()) {
    if (i % 10 === 3) move(reader, homes[((i / 10) % 3) | 0]!)
    if (i % 15 === 7) move(writer, homes[((i / 15 + 1) % 3) | 0]!)
    job.write(text)
    a.pass(300)
  }
  job.finish()
  a.pass(6_000)
  expect(viewer.texts()).toEqual(NUMBERS.slice(0, 60))
  expect(viewer.verified()).toBe(true)
  expect(job.writer.state).toBe("complete")
  expectNothingLeft(nodes)
})

test("a hundred readers of one broker cost one copy on the backplane", () => {
  const { a, b, job, backplane } = hosted([])
  const viewers = Array.from({ length: 100 }, (_, i) => b.client(`v${i}`).attach("job"))
  a.pass(1_000)
  const before = backplane.publishedBytes
  for (let i = 0; i < 20; i++) {
    job.write("x".repeat(20_000))
    a.pass(100)
  }
  const copied = backplane.publishedBytes - before
  expect(copied).toBeGreaterThan(400_000)
  expect(copied).toBeLessThan(450_000)
  expect(a.summary("job")?.readers).toBe(1)
  expect(b.dispatcher.usage.mirrors).toBe(1)
  for (const viewer of viewers) expect(viewer.text()).toHaveLength(400_000)
})

test("what the host has evicted is a gap, said before any later data", () => {
  const { a, b, job } = hosted([], 1, { ringBytes: 40_000 })
  for (let i = 0; i < 20; i++) {
    job.write(`${String(i).padStart(2, "0")}${"x".repeat(5_000)}`)
    a.pass(50)
  }
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  const [gap, ...chunks] = viewer.texts().map((text) => (text.startsWith("[") ? text : text.slice(0, 2)))
  const first = 20 - chunks.length
  expect(first).toBeGreaterThan(0)
  expect(gap).toBe(`[0-${first - 1} evicted]`)
  expect(chunks.map(Number)).toEqual(Array.from({ length: chunks.length }, (_, i) => first + i))
})

test("a stream that begins inside of a message begins so at every broker, from its start and from now on", () => {
  const { nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  const fields = {
    kind: StreamKind.hosted,
    alias: 9,
    name: "job",
    seq: new Uint8Array(40),
    mainFirst: 7,
    mainMessage: 5,
  }
  const writer = a.client("writer")
  // Repeated once it is known that the name is nowhere else.
  for (let i = 0; i < 2; i++) {
    writer.carrier.start(9, { epoch: 0 }, fields)
    a.pass(1_000)
  }
  const [start, now] = [b.client("start"), b.client("now")]
  start.attach("job")
  const tail = now.attach("job", "now")
  a.pass(1_000)
  expect(start.carrier.received).toContainEqual(expect.objectContaining({ lane: 1, first: 7, message: 5 }))
  expect(tail.starts[0]?.fields).toMatchObject({ mainFirst: 7, mainMessage: 5 })
})

test("a mirror that cannot follow leaves out what its host evicts meanwhile, and its readers are told", () => {
  const { a, b, job, backplane } = hosted(["first"], 1, { ringBytes: 60_000 })
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  // For less than the silence after which a broker is given up.
  backplane.muted.add("A")
  for (let i = 0; i < 200; i++) {
    job.write(`${i} ${"x".repeat(20_000)}`)
    a.pass(30)
  }
  backplane.muted.delete("A")
  a.pass(5_000)
  job.write("last").finish()
  a.pass(2_000)
  const texts = viewer.texts()
  expect(texts[0]).toBe("first")
  expect(texts.at(-1)).toBe("last")
  const numbers = viewer.items.flatMap((item) => (item.type === "chunk" ? [item.number] : []))
  const gaps = viewer.items.flatMap((item) => (item.type === "gap" ? item.ranges : []))
  expect(gaps.length).toBeGreaterThan(0)
  const missing = gaps.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
  const known = [...numbers, ...missing]
  const main = known.sort((x, y) => x - y)
  expect(main).toEqual(Array.from({ length: 202 }, (_, i) => i))
})

test("waits for a stream that nobody hosts yet, and refuses to where it shall not wait", async () => {
  const { nodes, b } = hosted([])
  const [a] = nodes as Three
  const viewer = b.client("v")
  const patient = viewer.attach("later", "start", true)
  const impatient = b.client("v2")
  impatient.attach("later")
  await a.passAsync(400)
  expect(impatient.refusals).toEqual([])
  await a.passAsync(400)
  expect(impatient.refusals).toEqual(["unknown_stream"])
  a.pass(60_000)
  a.client("x").host("later").write("x")
  a.pass(6_000)
  expect(patient.texts()).toEqual(["x"])
})

test("cancels from another broker, as a reader and by command", async () => {
  const { a, b, c, job } = hosted(["x"])
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  viewer.reader?.cancel("enough")
  a.pass(1_000)
  expect(job.cancels).toEqual(["enough"])
  const other = a.client("w2").host("other")
  a.pass(1_000)
  const command = async (name: string) => {
    const reply = c.client(`c ${name}`.replace(" ", "-")).connected.command(1, "cancel", { name, reason: "stop" })
    const settled = Promise.resolve(reply).catch(({ code }) => code)
    for (let i = 0; i < 10; i++) await a.passAsync(100)
    return settled
  }
  expect(await command("other")).toEqual({ status: "live" })
  expect(other.cancels).toEqual(["stop"])
  job.finish({ status: "cancelled" })
  a.pass(1_000)
  expect(await command("job")).toEqual({ status: "cancelled" })
  expect(await command("nothing")).toBe("unknown_stream")
})

test("a cancel that the host's broker takes and never answers is connection_lost", async () => {
  const { backplane, a, c } = hosted(["x"])
  backplane.losses = { lost: 0, repeated: 0, delayMs: 50 }
  const reply = Promise.resolve(c.client("c").connected.command(1, "cancel", { name: "job" }))
  const answered = expect(reply).rejects.toMatchObject({ code: "connection_lost" })
  for (let i = 0; i < 200 && c.dispatcher.usage.links === 0; i++) await a.passAsync(1)
  expect(c.dispatcher.usage.links).toBe(1)
  backplane.muted.add("A")
  for (let i = 0; i < 10; i++) await a.passAsync(1_000)
  await answered
  expect(c.dispatcher.usage.links).toBe(0)
})

test("tells readers at other brokers that the writer is away, back, and gone", () => {
  const { nodes, a, b, c, writer } = hosted(["x"])
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  writer.cut()
  a.pass(5_000)
  expect(viewer.notices).toContainEqual({ type: "suspended", leftMs: WINDOW_MS })
  const late = c.client("v2").attach("job")
  a.pass(1_000)
  const notice = late.notices.find(({ type }) => type === "suspended") as { readonly leftMs: number }
  expect(notice.leftMs).toBeLessThan(WINDOW_MS)
  writer.reconnect(c)
  a.pass(1_000)
  expect(viewer.notices.at(-1)?.type).toBe("resumed")
  writer.cut()
  a.pass(WINDOW_MS + 1_000)
  expect(viewer.outcome?.status).toBe("expired")
  expect(late.outcome?.status).toBe("expired")
  expectNothingLeft(nodes)
})

test("readers of a broker that dies hear that the stream is suspended, and then that it has expired", () => {
  const { nodes, backplane, a, b } = hosted(["x"])
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  backplane.muted.add("A")
  a.dispatcher.close()
  a.pass(20_000)
  expect(viewer.notices).toContainEqual({ type: "suspended", leftMs: WINDOW_MS })
  expect(viewer.outcome).toBeUndefined()
  a.pass(WINDOW_MS)
  expect(viewer.outcome).toMatchObject({ status: "expired", main: 1 })
  expectNothingLeft(nodes.slice(1))
})

test.each([
  ["dies", "expired"],
  ["is silent for a while", "done"],
])("an outcome that is known before all chunks have come holds only if they come: the host %s", (what, status) => {
  const { backplane, a, b, job } = hosted([])
  for (let i = 0; i < 100; i++) {
    job.write("x".repeat(30_000))
    a.pass(10)
  }
  job.finish()
  a.pass(1_000)
  backplane.losses = { lost: 0, repeated: 0, delayMs: 100 }
  const viewer = b.client("v").attach("job")
  for (let i = 0; i < 100 && viewer.texts().length === 0; i++) a.pass(10)
  backplane.muted.add("A")
  a.pass(20_000)
  const count = viewer.texts().length
  expect(count).toBeLessThan(100)
  expect(viewer.notices.at(-1)?.type).toBe("suspended")
  if (what !== "dies") backplane.muted.delete("A")
  a.pass(WINDOW_MS)
  expect(viewer.outcome).toMatchObject(what === "dies" ? { status, main: count } : { status, main: 101 })
  if (what !== "dies") expect(viewer.notices.at(-1)?.type).toBe("resumed")
  expect(viewer.completed).toBe(true)
})

test("readers go on where a host was silent for a while, with nothing lost or repeated", () => {
  const { nodes, backplane, a, b, job } = hosted(["1"])
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  backplane.muted.add("A")
  job.write("2")
  a.pass(30_000)
  expect(viewer.notices.at(-1)?.type).toBe("suspended")
  backplane.muted.delete("A")
  job.write("3")
  a.pass(10_000)
  expect(viewer.notices.at(-1)?.type).toBe("resumed")
  expect(viewer.texts()).toEqual(["1", "2", "3"])
  job.finish()
  a.pass(1_000)
  expect(viewer.completed).toBe(true)
  expectNothingLeft(nodes)
})

test.each([
  ["the broker of their own", 1],
  ["a third", 2],
])("readers follow a stream whose host has died to the broker where its writer claims it anew: %s", (_, index) => {
  const { nodes, backplane, a, b, writer, job } = hosted(["1"])
  const viewer = b.client("v").attach("job")
  a.pass(1_000)
  writer.cut()
  backplane.muted.add("A")
  a.dispatcher.close()
  job.write("2")
  writer.reconnect(nodes[index])
  a.pass(20_000)
  expect(job.writer.state).toBe("open")
  job.write("3").finish()
  a.pass(2_000)
  expect(job.writer.state).toBe("complete")
  expect(viewer.starts.at(-1)?.fields.seq).toEqual(viewer.starts[0]?.fields.seq)
  expect(viewer.texts()).toContain("2")
  expect(viewer.texts().at(-1)).toBe("3")
  expectNothingLeft(nodes.slice(1))
})

test("new readers get the epoch that is there now, though a mirror of the one before still has readers", () => {
  const { a, b } = hosted([])
  a.client("x", 1).host("twice").write("old").finish()
  a.pass(1_000)
  const old = b.client("v")
  const before = old.attach("twice")
  before.paused = true
  a.pass(1_000)
  a.client("x2").host("twice").write("new")
  a.pass(3_000)
  const after = b.client("v2").attach("twice")
  a.pass(1_000)
  expect(after.texts()).toEqual(["new"])
  before.resume()
  a.pass(1_000)
  expect(before.texts()).toEqual(["old"])
})

test("a mirror ends a minute after its last reader has gone, and gives everything back", () => {
  const { nodes, a, b, job } = hosted(["x".repeat(10_000)])
  const baseline = b.dispatcher.usage
  const client = b.client("v")
  client.attach("job")
  a.pass(1_000)
  expect(b.dispatcher.usage).toMatchObject({ mirrors: 1, aliases: 1 })
  expect(b.dispatcher.usage.heldBytes).toBeGreaterThan(10_000)
  client.cut()
  a.pass(50_000)
  expect(b.dispatcher.usage.mirrors).toBe(1)
  a.pass(20_000)
  expect(b.dispatcher.usage).toMatchObject({ mirrors: 0, aliases: 0, heldBytes: 0, located: baseline.located })
  expect(a.summary("job")?.readers).toBe(0)
  job.finish()
  a.pass(1_000)
  expectNothingLeft(nodes)
})

test.each([
  ["by a cursor", "cursor", true],
  ["by a cursor, without a wait for what is not there", "cursor", false],
  ["from now on", "now", false],
])("a mirror that somebody waits for, who is ahead of it %s, is kept until its host is given up", (_, from, wait) => {
  const { backplane, nodes, a, b } = hosted(["1", "2", "3"])
  const before = a.client("before").attach("job")
  a.pass(100)
  expect(before.texts()).toHaveLength(3)
  backplane.losses = { lost: 0, repeated: 0, delayMs: 80 }
  const viewer = b.client("v").attach("job", from === "now" ? from : before.cursor, wait)
  for (let waitedMs = 0; waitedMs < 1_000 && b.dispatcher.usage.aliases === 0; waitedMs++) a.pass(1)
  backplane.muted.add("A")
  a.dispatcher.close()
  a.pass(WINDOW_MS - 10_000)
  expect([b.dispatcher.usage.mirrors, viewer.outcome]).toEqual([1, undefined])
  a.pass(20_000)
  expect(viewer.error).toBeUndefined()
  expect(viewer.outcome?.status).toBe("expired")
  expectNothingLeft(nodes.slice(1))
})

test("counts mirrors among the streams that a broker may hold", () => {
  const { a, b } = hosted([], 1, { maxStreams: 1 })
  const first = b.client("v")
  first.attach("job", "start", true)
  a.client("y").open("unrelated", "nobody")
  a.pass(1_000)
  b.client("x").host("own")
  a.pass(1_000)
  expect(b.clients[1]?.writers[0]?.error?.code).toBe("rate_limited")
})

test("tells who waits for a stream that is there but finds no room", () => {
  const { a, b } = hosted([], 1, { maxStreams: 1 })
  b.client("x").host("own")
  a.pass(1_000)
  const viewer = b.client("v")
  viewer.attach("job", "start", true)
  a.pass(1_000)
  const reply = viewer.replies[0] as { readonly error: JsonObject }
  expect(reply.error["code"]).toBe("rate_limited")
})

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))(
  "is whole where both ends move, over a backplane that loses, repeats and reorders (seed %i)",
  (seed) => {
    const { nodes, backplane, a, b, c, writer, job } = hosted([], seed)
    backplane.losses = LOSSY
    const reader = b.client("v")
    const [moving, staying] = [reader.attach("job", "start", true), c.client("v2").attach("job", "start", true)]
    for (const [i, text] of NUMBERS.entries()) {
      if (i === 40) move(writer, b)
      if (i === 60) move(reader, c)
      if (i === 90) move(writer, c)
      if (i === 100) move(reader, a)
      if (i === 120) move(reader, b)
      job.write(text)
      if (i % 10 === 0) job.writeError(text)
      a.pass(50)
    }
    job.finish()
    a.pass(60_000)
    expect(job.writer.state).toBe("complete")
    for (const viewer of [moving, staying]) {
      expect(viewer.texts()).toEqual(NUMBERS)
      expect(viewer.texts("error")).toEqual(NUMBERS.filter((_, i) => i % 10 === 0))
      expect(viewer.verified()).toBe(true)
      expect(viewer.completed).toBe(true)
    }
    expectNothingLeft(nodes)
  },
)

test("leaves no subscription and no timer behind", () => {
  const { nodes, backplane, clock, b, c, job } = hosted(["x"])
  b.client("v").attach("job")
  c.client("v2").attach("job", "now")
  c.client("v3").attach("missing", "start", true)
  b.pass(1_000)
  for (const { dispatcher } of nodes) dispatcher.close()
  expect(backplane.subscriptionCount).toBe(0)
  expect(b.dispatcher.usage).toMatchObject({ mirrors: 0, aliases: 0, heldBytes: 0, located: 0, links: 0 })
  job.writer.reset(new Error("over") as never)
  b.pass(100)
  expect(clock.pendingTimers).toBe(0)
})

test("a copy that its host never served is let go of once another broker has the stream", () => {
  const { nodes, backplane } = cluster(["A", "B", "C"])
  const [a, b, c] = nodes as Three
  backplane.losses = { lost: 0, repeated: 0, delayMs: 20 }
  const reader = b.client("v")
  const viewers = [reader.attach("job", "start", true)]
  a.client("w").host("job")
  // B has heard where it is, and asks; the answer is lost with its host, and the name is free.
  for (let ms = 0; b.dispatcher.usage.mirrors === 0 && ms < 2_000; ms++) a.pass(1)
  backplane.muted.add("A")
  const job = c.client("x").host("job").write("1")
  a.pass(1_000)
  // Who asks for it now makes B look for it anew, before it knows that its link with A is dead.
  viewers.push(reader.attach("job", "start", true))
  a.pass(10_000)
  job.finish()
  a.pass(1_000)
  for (const viewer of viewers) {
    expect(viewer.texts()).toEqual(["1"])
    expect(viewer.completed).toBe(true)
  }
  expectNothingLeft(nodes)
})
