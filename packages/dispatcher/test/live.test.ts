import { expect, test } from "vitest"
import { TestBus } from "./test-bus.ts"
import { TestWriter } from "./test-writer.ts"

/** Chunks of 100 bytes, of which a memory of 500 keeps three. */
const LIVE = { live: { memoryBytes: 500 } }
const text = (n: number) => String(n).padStart(100, ".")
const texts = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => text(first + n))

function write(writer: TestWriter, first: number, last: number): void {
  for (let n = first; n <= last; n++) writer.write(text(n))
}

test("the log of a live stream holds its gaps: every reader sees them in their place, at the tail or late", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const viewer = bus.client("viewer")
  const job = writer.host("job", LIVE)
  write(job, 0, 1)
  bus.pass()
  const tail = viewer.attach("job")
  // Under an alias of its own: it is served frame by frame.
  const second = viewer.attach("job")
  bus.pass()
  writer.cut()
  write(job, 2, 20)
  writer.reconnect()
  bus.pass()
  const late = bus.client("late").attach("job")
  bus.pass()
  write(job, 21, 21)
  job.finish()
  bus.pass()
  for (const reader of [tail, second, late]) {
    expect(reader.texts()).toEqual([...texts(0, 1), "[2-17 lagged]", ...texts(18, 21)])
    expect([reader.completed, reader.verified(), reader.outcome]).toMatchObject([true, false, { status: "done" }])
    expect(reader.starts[0]?.fields.live).toBe(true)
  }
  expect([job.writer.state, job.error]).toEqual(["complete", undefined])
})

test("a reader goes on from a cursor before, behind and within a gap of the log", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const job = writer.host("job", LIVE)
  write(job, 0, 1)
  bus.pass()
  const first = bus.client("viewer").attach("job")
  bus.pass()
  writer.cut()
  write(job, 2, 20)
  writer.reconnect()
  bus.pass()
  const at = (main: number) => bus.client(`at ${main}`).attach("job", { ...first.cursor, main })
  const [before, within, behind] = [at(1), at(7), at(18)]
  bus.pass()
  expect(before.texts()).toEqual([text(1), "[2-17 lagged]", ...texts(18, 20)])
  expect(within.texts()).toEqual(["[7-17 lagged]", ...texts(18, 20)])
  expect(behind.texts()).toEqual(texts(18, 20))
})

test("a message whose beginning was dropped is told from one that begins", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const job = writer.host("job", LIVE)
  write(job, 0, 0)
  bus.pass()
  writer.cut()
  for (let n = 1; n < 9; n++) job.writer.write(1, new Uint8Array(100), 4)
  writer.reconnect()
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  expect(reader.items[1]).toMatchObject({ type: "gap", first: 6, message: 1 })
  const late = bus.client("late").attach("job", { ...reader.cursor, main: 6 })
  bus.pass()
  expect(late.starts[0]?.fields).toMatchObject({ mainFirst: 6, mainMessage: 1 })
})

test("what a live stream dropped before its broker heard of it is not of its log, and credit counts from behind it", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  writer.cut()
  const job = new TestWriter(bus.clock, { name: "job", seq: new Uint8Array(40), ...LIVE })
  for (let n = 0; n < 30_000; n++) job.write(text(n))
  writer.writers.push(job)
  writer.reconnect()
  bus.pass()
  write(job, 30_000, 30_001)
  job.finish()
  bus.pass(1_000)
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  expect(reader.texts()).toEqual(["[0-29996 epoch]", ...texts(29_997, 30_001)])
  expect([job.writer.state, reader.completed]).toEqual(["complete", true])
})

test("a relayed live stream drops while its reader is away, and goes on", () => {
  const bus = new TestBus()
  const alice = bus.client("alice")
  const bob = bus.client("bob")
  const inbox = bob.accepted("alice", "call")
  const call = alice.open("call", "bob", 1, LIVE)
  bus.pass()
  write(call, 0, 1)
  bus.pass()
  bob.cut()
  write(call, 2, 20)
  bus.pass()
  bob.reconnect()
  bus.pass()
  call.finish()
  bus.pass(1_000)
  expect(inbox.texts()).toEqual([...texts(0, 1), "[2-17 lagged]", ...texts(18, 20)])
  expect([call.writer.state, inbox.completed]).toEqual(["complete", true])
})
