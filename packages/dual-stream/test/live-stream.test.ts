import { chunkCost, Lane } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { fromLivePeer, LIVE_MEMORY_BYTES } from "../src/index.ts"
import { bytesOf } from "./frames.ts"
import { ReaderScript } from "./reader-script.ts"
import { StreamPair } from "./stream-pair.ts"
import { WriterScript } from "./writer-script.ts"

const KIB = 1024
/** Costs 4 KiB. */
const DATA = bytesOf(4 * KIB - chunkCost(0))

function livePair(memoryBytes: number, options: ConstructorParameters<typeof StreamPair>[0] = {}): StreamPair {
  return new StreamPair({ ...options, writer: { live: { memoryBytes } } })
}

function write(pair: StreamPair, count: number): void {
  for (let n = 0; n < count; n++) expect(pair.writer.write(Lane.main, DATA, 0)).toBe(true)
}

/** Every number below `next`, as the reading application has heard of it: taken, or told to be missing. */
function heardOf({ taken }: StreamPair): number[] {
  const missing = taken.main.gaps.flatMap(({ ranges }) =>
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n)),
  )
  return [...taken.main.numbers, ...missing].sort((a, b) => a - b)
}

describe("a live stream", () => {
  test("says so in its START; a reliable one does not", () => {
    expect(
      livePair(64 * KIB)
        .connect()
        .run().starts,
    ).toMatchObject([{ live: true }])
    expect(new StreamPair().connect().run().starts[0]).not.toHaveProperty("live")
  })

  test("drops its oldest for want of room, and its reader hears of it before any later data", () => {
    const pair = livePair(40 * KIB)
    write(pair, 100)
    expect(pair.writer.heldCost).toBe(40 * KIB)
    pair.connect().readAll().run()
    pair.writer.finish({ status: "done" })
    pair.run(1_000)
    expect(pair.taken.main.gaps).toEqual([
      { type: "gap", lane: "main", ranges: [[0, 89]], first: 90, message: 90, reason: "lagged" },
    ])
    expect(pair.taken.main.numbers).toEqual(Array.from({ length: 10 }, (_, n) => 90 + n))
    expect([pair.taken.main.ended, pair.outcomes]).toEqual(["unverified", [{ status: "done", main: 101, error: 0 }]])
    expect([pair.writer.state, pair.writer.droppedBytes]).toEqual(["complete", 90 * DATA.length])
  })

  test("says what the first chunk behind a gap belongs to", () => {
    const pair = livePair(10 * KIB)
    for (let n = 0; n < 6; n++) pair.writer.write(Lane.main, DATA, n === 5 ? 0 : 4)
    pair.connect().readAll().run(1_000)
    expect(pair.taken.main.gaps).toMatchObject([{ ranges: [[0, 3]], first: 4, message: 0 }])
  })

  test("goes on beyond its reader's credit once the reader takes again, in its place behind what was sent", () => {
    const pair = livePair(64 * KIB)
      .connect()
      .run()
    for (let n = 0; n < 200; n++) {
      write(pair, 10)
      pair.run(1)
    }
    pair.run(2_000).readAll().run(2_000)
    pair.writer.finish({ status: "done" })
    pair.run(2_000)
    expect(pair.taken.main.gaps).toHaveLength(1)
    const [gap] = pair.taken.main.gaps
    const before = pair.taken.main.numbers.filter((number) => number < gap!.first)
    // A window and no more had been granted.
    expect(before).toEqual(Array.from({ length: 256 }, (_, n) => n))
    expect(heardOf(pair)).toEqual(Array.from({ length: 2_000 }, (_, n) => n))
    expect(pair.writer.state).toBe("complete")
  })

  test("behind a slow way is read at that way's speed, whatever is written", () => {
    const pair = livePair(64 * KIB, { bytesPerMs: 100, latencyMs: 50 })
      .connect()
      .readAll()
      .run(500)
    for (let n = 0; n < 5_000; n++) {
      write(pair, 1)
      pair.run(2)
    }
    const bytes = pair.taken.main.parts.length * DATA.length
    expect(bytes / (10_000 * 100)).toBeGreaterThan(0.9)
    expect(pair.taken.main.gaps.length).toBeGreaterThan(0)
  })

  test("keeps on its way what it has sent: no gap, though it is in memory no longer", () => {
    const pair = livePair(10 * KIB, { latencyMs: 100 })
      .connect()
      .readAll()
      .run(500)
    for (let n = 0; n < 50; n++) {
      write(pair, 1)
      pair.run(2)
    }
    pair.writer.finish({ status: "done" })
    pair.run(2_000)
    expect([pair.taken.main.gaps, pair.taken.main.numbers.length, pair.writer.droppedBytes]).toEqual([[], 50, 0])
    expect(pair.taken.main.ended).toBe("verified")
  })

  test("that lost what it had sent with a connection says so on the next one", () => {
    const pair = livePair(10 * KIB, { latencyMs: 100 })
      .connect()
      .readAll()
      .run(500)
    write(pair, 1)
    pair.run(500)
    for (let n = 0; n < 9; n++) {
      write(pair, 1)
      pair.run(1)
    }
    pair.cut().connect().run(1_000)
    pair.writer.finish({ status: "done" })
    pair.run(2_000)
    expect(pair.taken.main.gaps).toMatchObject([{ first: 8, reason: "lagged" }])
    expect(heardOf(pair)).toEqual(Array.from({ length: 10 }, (_, n) => n))
    expect(pair.writer.state).toBe("complete")
  })

  test("answers with a gap when it is asked for what it has dropped", () => {
    const faults = { dropRate: 0.2, duplicateRate: 0, delayRate: 0, announcesHoles: true }
    const pair = livePair(10 * KIB, { latencyMs: 50, faults })
      .connect()
      .readAll()
      .run(500)
    for (let n = 0; n < 100; n++) {
      write(pair, 1)
      pair.run(5)
    }
    pair.faults = { dropRate: 0, duplicateRate: 0, delayRate: 0, announcesHoles: false }
    pair.writer.finish({ status: "done" })
    pair.run(10_000)
    expect(pair.taken.main.gaps.length).toBeGreaterThan(0)
    expect(heardOf(pair)).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect([pair.writer.state, pair.outcomes.length]).toEqual(["complete", 1])
  })

  test("bounds each lane for itself, and keeps the newest chunk whatever its size", () => {
    const pair = livePair(1)
    write(pair, 3)
    for (let n = 0; n < 200; n++) pair.writer.write(Lane.error, DATA, 0)
    expect(pair.writer.heldCost).toBe(4 * KIB + 256 * KIB)
    expect(pair.writer.hasRoom(Lane.main) && pair.writer.hasRoom(Lane.error)).toBe(true)
  })

  test("keeps a window unless told otherwise", () => {
    const pair = new StreamPair({ writer: { live: {} } })
    write(pair, 1_000)
    expect(pair.writer.heldCost).toBe(LIVE_MEMORY_BYTES)
    expect(LIVE_MEMORY_BYTES).toBe(1024 * KIB)
  })
})

describe("a gap that grows", () => {
  const script = () => {
    const live = new WriterScript({ live: { memoryBytes: 10 * KIB } }).attach().open(8 * KIB)
    const write = (count: number) => {
      for (let n = 0; n < count; n++) live.writer.write(Lane.main, DATA, 0)
      return live.carrier.pull().written
    }
    return { live, write }
  }

  test("is said once, and again only when its reader has answered or after a pause", () => {
    const { live, write } = script()
    expect([write(1), write(1), write(1)]).toMatchObject([[{ number: 0 }], [{ number: 1 }], [{ number: 2 }]])
    expect(write(4)).toMatchObject([{ fields: { gap: [[3, 4]], first: 5, at: 20 * KIB } }])
    expect([write(1), write(5)]).toEqual([[], []])
    live.hear({ lane: Lane.main, cum: 1 })
    expect(live.carrier.pull().written).toMatchObject([{ fields: { gap: [[3, 10]], first: 11, at: 44 * KIB } }])
    live.clock.advance(200)
    expect(live.carrier.pull().written).toMatchObject([{ fields: { gap: [[3, 10]] } }, { fields: { next: 11 } }])
  })

  test("is said whole before what comes behind it", () => {
    const { live, write } = script()
    for (const count of [1, 1, 1, 4, 4]) write(count)
    live.hear({ lane: Lane.main, cum: 5, credit: 100 * KIB })
    expect(live.carrier.pull().written).toMatchObject([
      { fields: { gap: [[3, 8]], first: 9, message: 9, at: 36 * KIB, reason: "lagged" } },
      { number: 9 },
      { number: 10 },
    ])
  })

  test("is said no more once its reader has passed it", () => {
    const { live, write } = script()
    write(6)
    live.hear({ lane: Lane.main, cum: 4, credit: 100 * KIB })
    live.carrier.pull()
    live.clock.advance(200)
    expect(live.carrier.pull().written).toMatchObject([{ fields: { next: 6 } }])
  })
})

test("a hole that is not filled is a gap of a live stream, which goes on", () => {
  const script = new ReaderScript({ source: fromLivePeer }).open()
  script.receive(0, 2, 3, 6)
  script.passHearing(42_000, 7)
  expect(script.takeAll(Lane.main)).toMatchObject([
    { number: 0 },
    { type: "gap", ranges: [[1, 1]], first: 2, message: 1, reason: "lagged" },
    { number: 2 },
    { number: 3 },
  ])
  expect([script.errors, script.carrier.resets]).toEqual([[], []])
  script.receive(7)
  script.passHearing(42_000, 8)
  expect(script.takeAll(Lane.main)).toMatchObject([{ ranges: [[4, 5]], first: 6 }, { number: 6 }, { number: 7 }])
})
