import { Lane, LIMITS, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import { codeOf, TestBus } from "./test-bus.ts"

const KIB = 1024

/** So many texts of so many bytes each, all different. */
function texts(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}:`.padEnd(bytes, "x"))
}

test("gives a stream to readers from its start, from now on and from a cursor", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a", "b")
  bus.pass()
  const early = bus.client("viewer").attach("job")
  bus.pass()
  job.write("c")
  bus.pass()
  const late = bus.client("late").attach("job", "now")
  const resumed = bus.client("resumed").attach("job", { ...early.cursor, main: 1 })
  bus.pass()
  job.write("d").writeError("oops").finish()
  bus.pass()

  expect(early.texts()).toEqual(["a", "b", "c", "d"])
  expect(late.texts()).toEqual(["d"])
  expect(resumed.texts()).toEqual(["b", "c", "d"])
  for (const reader of [early, late, resumed]) {
    expect(reader.text("error")).toBe("oops")
    expect(reader.outcome).toMatchObject({ status: "done", main: 5, error: 2 })
    expect(reader.completed).toBe(true)
  }
  expect(early.verified()).toBe(true)
  expect(late.verified()).toBe(false)
  expect(job.writer.state).toBe("complete")
})

test("says in START who writes what, and where the reader begins", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const job = writer.host("job")
  job.writer.write(Lane.main, new Uint8Array(1), 0)
  job.writer.write(Lane.main, new Uint8Array(1), 0x04)
  job.writer.write(Lane.main, new Uint8Array(1), 0x04)
  bus.pass()
  const viewer = bus.client("viewer")
  const now = viewer.attach("job", "now")
  bus.pass()
  const inside = viewer.attach("job", { ...now.cursor, main: 2, error: 0 })
  const start = viewer.attach("job")
  bus.pass()

  const { epoch, fields } = now.starts[0]!
  expect(epoch).toBe(bus.summary("job")?.epoch)
  expect(fields).toMatchObject({
    kind: 4,
    name: "job",
    request: 1,
    incarnation: bus.dispatcher.incarnation,
    headers: { title: "job" },
    mainFirst: 3,
    mainMessage: 1,
    errorFirst: 0,
    errorMessage: 0,
  })
  expect(inside.starts[0]?.fields).toMatchObject({ mainFirst: 2, mainMessage: 1 })
  expect(start.starts[0]?.fields).toMatchObject({ mainFirst: 0, mainMessage: 0 })
})

test("shares one buffer among readers at the tail, and gives those who catch up the same bytes", () => {
  const bus = new TestBus()
  const job = bus
    .client("writer")
    .host("job")
    .write(...texts(20, 100))
  bus.pass()
  const clients = Array.from({ length: 50 }, (_, i) => bus.client(`viewer${i}`))
  const tail = clients.slice(0, 25).map((client) => client.attach("job"))
  bus.pass()
  for (const { broker } of clients) broker.shared.length = 0
  job.write(...texts(20, 200)).writeError("e")
  bus.pass()
  const shared = clients.slice(0, 25).map(({ broker }) => broker.shared)
  const catchingUp = clients.slice(25).map((client) => client.attach("job"))
  job.write(...texts(5, 300)).finish()
  bus.pass()

  expect(shared[0]?.length).toBeGreaterThan(0)
  for (const buffers of shared) {
    expect(buffers.length).toBe(shared[0]?.length)
    for (const [i, buffer] of buffers.entries()) expect(buffer).toBe(shared[0]?.[i])
  }
  const expected = [...texts(20, 100), ...texts(20, 200), ...texts(5, 300)]
  for (const reader of [...tail, ...catchingUp]) {
    expect(reader.texts()).toEqual(expected)
    expect(reader.verified()).toBe(true)
    expect(reader.completed).toBe(true)
  }
})

test("tells of what was evicted before the late reader came, before any later data", () => {
  const bus = new TestBus({ ringBytes: 4 * KIB })
  const job = bus.client("writer").host("job")
  for (const text of texts(10, 900)) {
    job.write(text)
    bus.pass(1)
  }
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  job.finish()
  bus.pass()

  expect(reader.texts()).toEqual(["[0-6 evicted]", ...texts(10, 900).slice(7)])
  expect(reader.outcome?.status).toBe("done")
  expect(reader.completed).toBe(true)
})

test("states a gap between the data before and after it, with its costs, and the outcome behind it", () => {
  const bus = new TestBus({ ringBytes: 8 * KIB })
  const job = bus
    .client("writer")
    .host("job")
    .write(...texts(2, 1_000))
  bus.pass()
  const viewer = bus.client("viewer")
  viewer.attach("job")
  bus.pass()
  viewer.broker.full = true
  for (let i = 0; i < 20; i++) {
    job.write("x".repeat(1_000))
    bus.pass(1)
  }
  job.finish()
  bus.pass()
  viewer.carrier.received.length = 0
  viewer.broker.full = false
  bus.pass()
  const [gap, outcome, ...rest] = viewer.carrier.received
  const { first = 0 } = gap as { first?: number }
  expect(first).toBeGreaterThan(2)
  expect(gap).toEqual({ lane: 1, gap: [[2, first - 1]], first, message: first, at: 2 * 1_064, reason: "lagged" })
  expect(outcome).toMatchObject({ outcome: { status: "done", main: 23 } })
  expect(rest).toEqual(Array.from({ length: 23 - first }, (_, i) => first + i))
})

test("slows nobody for a reader that does not read, keeps nothing for it, and tells it what it lost", () => {
  const bus = new TestBus({ ringBytes: 256 * KIB })
  const job = bus.client("writer").host("job")
  bus.pass()
  const slowClient = bus.client("slow")
  const slow = slowClient.attach("job")
  slow.paused = true
  const fast = bus.client("fast").attach("job")
  bus.pass()
  const written = texts(60, 32 * KIB)
  for (const text of written) {
    job.write(text)
    bus.pass(1)
  }
  job.finish()
  bus.pass()

  expect(fast.texts()).toEqual(written)
  expect(fast.completed).toBe(true)
  expect(job.writer.state).toBe("complete")
  expect(bus.dispatcher.usage.heldBytes).toBeLessThanOrEqual(256 * KIB)
  const heldCost = slow.reader!.lane(Lane.main).heldCost
  expect(heldCost).toBeLessThanOrEqual(LIMITS.windowBytes.main)
  expect(heldCost).toBeGreaterThan(LIMITS.windowBytes.main / 2)

  slow.resume()
  bus.pass()
  const lagged = slow.texts()
  const gap = lagged.findIndex((text) => text.endsWith(" lagged]"))
  const [, first = 0, last = 0] = /^\[(\d+)-(\d+) lagged\]$/.exec(lagged[gap] ?? "") ?? []
  expect(Number(first)).toBe(gap)
  expect(lagged).toEqual([...written.slice(0, gap), lagged[gap], ...written.slice(Number(last) + 1)])
  expect(slow.completed).toBe(true)
})

test("cuts a run where the reader's credit ends", () => {
  const bus = new TestBus()
  const written = texts(24, 63 * KIB)
  const job = bus.client("writer").host("job")
  for (const text of written) {
    job.write(text)
    bus.pass(1)
  }
  const reader = bus.client("viewer").attach("job")
  reader.paused = true
  bus.pass()
  expect(reader.reader!.lane(Lane.main).heldCost).toBeLessThanOrEqual(LIMITS.windowBytes.main)
  expect(reader.reader!.lane(Lane.main).heldCost).toBeGreaterThan(LIMITS.windowBytes.main - 64 * KIB)
  reader.resume()
  bus.pass()
  expect(reader.texts()).toEqual(written)
})

test("serves who could not be shared with as soon as its connection has room", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job")
  const viewer = bus.client("viewer")
  bus.pass()
  const reader = viewer.attach("job")
  bus.pass()
  viewer.broker.full = true
  job.write("a")
  bus.pass()
  job.write("b").finish()
  bus.pass()
  expect(reader.texts()).toEqual([])
  viewer.broker.full = false
  bus.pass()
  expect(reader.texts()).toEqual(["a", "b"])
  expect(reader.completed).toBe(true)
})

test("lets one client attach twice, at different places", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a", "b")
  bus.pass()
  const viewer = bus.client("viewer")
  const all = viewer.attach("job")
  const rest = viewer.attach("job", "now")
  bus.pass()
  job.write("c")
  bus.pass()
  job.write("d").finish()
  bus.pass()
  expect(all.texts()).toEqual(["a", "b", "c", "d"])
  expect(rest.texts()).toEqual(["c", "d"])
  expect(all.completed && rest.completed).toBe(true)
})

test("tells the outcome at once to a reader that has taken nothing", () => {
  const bus = new TestBus()
  bus
    .client("writer")
    .host("job")
    .write(...texts(10, 1000))
    .finish({ status: "error", code: "E", message: "no" })
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  reader.paused = true
  bus.pass()
  expect(reader.outcome).toMatchObject({ status: "error", code: "E", main: 11 })
  expect(reader.completed).toBe(false)
})

test("frees the reader, and nothing of the stream, when it closes", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  const viewer = bus.client("viewer")
  const reader = viewer.attach("job")
  bus.pass()
  expect(bus.summary("job")?.readers).toBe(1)
  reader.reader?.close()
  bus.pass()
  expect(bus.summary("job")?.readers).toBe(0)
  expect(viewer.broker.boundCount).toBe(0)
  expect(job.cancels).toEqual([])
  const again = viewer.attach("job")
  job.finish()
  bus.pass()
  expect(again.text()).toBe("a")
})

test("goes on for a reader that lost its connection where its cursor stands", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a", "b")
  bus.pass()
  const viewer = bus.client("viewer")
  const reader = viewer.attach("job")
  bus.pass()
  viewer.cut()
  job.write("c")
  bus.pass(5_000)
  viewer.reconnect()
  bus.pass()
  job.write("d").finish()
  bus.pass()
  expect(reader.texts()).toEqual(["a", "b", "c", "d"])
  expect(reader.verified()).toBe(true)
})

test("begins again with a gap for a cursor of another epoch", () => {
  const bus = new TestBus()
  bus.client("writer").host("job").write("a", "b")
  bus.pass()
  const viewer = bus.client("viewer")
  const reader = viewer.attach("job", { epoch: 7, incarnation: "00".repeat(8), main: 500, error: 0 })
  bus.pass()
  expect(reader.starts[0]?.fields).toMatchObject({ mainFirst: 0 })
  const gap = { gap: [], first: 0, message: 0, at: 0, reason: "epoch" }
  expect(viewer.carrier.received.slice(0, 2)).toEqual([
    { lane: 1, ...gap },
    { lane: 2, ...gap },
  ])
  expect(reader.texts()).toEqual(["[ epoch]", "a", "b"])
})

test("a reader that comes back to a broker which has forgotten its stream waits for the window, and not for ever", () => {
  const bus = new TestBus({ windowMs: 120_000 })
  const viewer = bus.client("viewer")
  const cursor = { epoch: 7, incarnation: "00".repeat(8), main: 500, error: 0 }
  viewer.attach("gone", cursor, true)
  const back = viewer.attach("back", cursor, true)
  bus.pass(119_000)
  bus.client("writer").host("back").write("a")
  bus.pass(500)
  expect(back.texts()).toEqual(["[ epoch]", "a"])
  expect(bus.dispatcher.usage.waitingReaders).toBe(1)
  bus.pass(10_000)
  expect(viewer.replies).toMatchObject([{ id: 1, error: { code: "unknown_stream" } }])
  expect(bus.dispatcher.usage.waitingReaders).toBe(0)
})

test("a cursor beyond the end is invalid, unless it is awaited: then the place is where the stream goes on", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a", "b")
  bus.pass()
  const viewer = bus.client("viewer")
  const early = viewer.attach("job")
  bus.pass()
  const beyond = { ...early.cursor, main: 4 }
  expect(codeOf(() => viewer.command("attach", { name: "job", from: beyond }))).toBe("invalid_argument")
  const reader = viewer.attach("job", beyond, true)
  bus.pass()
  expect(reader.starts[0]?.fields).toMatchObject({ mainFirst: 2 })
  job.write("c")
  bus.pass()
  expect(reader.texts()).toEqual(["c"])
})

test("tells a late reader that the stream begins inside of a message, where its writer had no more of it", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  writer.carrier.start(
    9,
    { epoch: 0 },
    { kind: StreamKind.hosted, alias: 9, name: "job", seq: new Uint8Array(40), mainFirst: 7, mainMessage: 5 },
  )
  bus.pass()
  const viewer = bus.client("viewer")
  viewer.attach("job")
  bus.pass()
  expect(viewer.carrier.received).toContainEqual(expect.objectContaining({ lane: 1, first: 7, message: 5 }))
})

test("waits for a stream that is not there yet, if asked to", () => {
  const bus = new TestBus()
  const viewer = bus.client("viewer")
  expect(codeOf(() => viewer.command("attach", { name: "job" }))).toBe("unknown_stream")
  const reader = viewer.attach("job", "start", true)
  const gone = bus.client("gone")
  gone.attach("job", "start", true)
  expect(bus.dispatcher.usage.waitingReaders).toBe(2)
  gone.cut()
  expect(bus.dispatcher.usage.waitingReaders).toBe(1)
  bus.client("writer").host("job").write("a").finish()
  bus.pass()
  expect(reader.text()).toBe("a")
  expect(reader.starts[0]?.fields.request).toBe(2)
  expect(bus.dispatcher.usage.waitingReaders).toBe(0)
})

test("resets a reader that sends chunks, or completes what has not ended, and nobody else", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  const viewer = bus.client("viewer")
  const reader = viewer.attach("job")
  const other = bus.client("other").attach("job")
  bus.pass()
  const alias = reader.starts[0]?.fields.alias ?? 0
  viewer.carrier.control((alias | 0x8000_0000) >>> 0, 0, { complete: true })
  bus.pass()
  expect(reader.error?.code).toBe("protocol")
  job.finish()
  bus.pass()
  expect(other.completed).toBe(true)
})
