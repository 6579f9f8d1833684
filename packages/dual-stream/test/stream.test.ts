import { BusError, chunkCost, Lane, LIMITS, WRITER_LIMITS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"

import { bytesOf } from "./frames.ts"
import { StreamPair, sameChunks } from "./stream-pair.ts"

const BIG = 60_000

/** Writes main chunks until the writer's memory is full or `count` are written. */
function writeMain(pair: StreamPair, count: number, bytes = BIG): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const data = bytesOf(bytes, i)
    pair.writer.write(Lane.main, data, 0)
    return data
  })
}

function expectNothingLeft(pair: StreamPair): void {
  pair.run(10_000)
  expect(pair.clock.pendingTimers).toBe(0)
  expect(pair.writer.heldCost).toBe(0)
  expect(pair.reader.lane(Lane.main).heldCost + pair.reader.lane(Lane.error).heldCost).toBe(0)
  expect(pair.link.left.boundCount).toBe(0)
}

test("carries both lanes whole, byte for byte, to one outcome and complete on both sides", () => {
  const pair = new StreamPair().readAll().connect()
  const main = writeMain(pair, 50)
  pair.writer.write(Lane.error, bytesOf(10, 9), 0)
  pair.writer.finish({ status: "done" })
  pair.run(1_000)
  expect(sameChunks(pair.taken.main.parts, main)).toBe(true)
  expect(pair.taken.error.parts).toEqual([bytesOf(10, 9)])
  expect([pair.taken.main.ended, pair.taken.error.ended]).toEqual(["verified", "verified"])
  expect(pair.outcomes).toEqual([{ status: "done", main: 51, error: 2 }])
  expect(pair.writerLog).toEqual(["open", "complete"])
  expect(pair.writer.repeatedBytes).toBe(0)
  expectNothingLeft(pair)
})

test("takes one trip for a short stream: data, END and outcome travel behind START", () => {
  const pair = new StreamPair({ latencyMs: 50 }).readAll()
  pair.writer.write(Lane.main, bytesOf(100), 0)
  pair.writer.finish({ status: "done" })
  pair.connect().run(50)
  expect(pair.outcomes).toHaveLength(1)
  expect(pair.writer.state).toBe("ending")
  pair.run(50)
  expect(pair.writer.state).toBe("complete")
})

describe("a cut", () => {
  test("is told on both sides, loses nothing, and repeats at most a window", () => {
    const pair = new StreamPair({ windowMs: 120_000, latencyMs: 30, bytesPerMs: 5_000 }).readAll().connect()
    const main: Uint8Array[] = []
    let repeated = 0
    for (let cut = 0; cut < 8; cut++) {
      main.push(...writeMain(pair, 30))
      pair.run(97).cut().run(500)
      expect([pair.writer.suspended, pair.reader.suspended]).toEqual([true, true])
      pair.connect().run(1_000)
      expect(pair.writer.repeatedBytes - repeated).toBeLessThanOrEqual(LIMITS.windowBytes.main)
      repeated = pair.writer.repeatedBytes
    }
    expect(repeated).toBeGreaterThan(0)
    pair.writer.finish({ status: "done" })
    pair.run(5_000)
    expect(sameChunks(pair.taken.main.parts, main)).toBe(true)
    expect(pair.readerLog.filter((entry) => entry === "resumed")).toHaveLength(8)
    expect(pair.writerLog.filter((entry) => entry === "resumed")).toHaveLength(8)
    expectNothingLeft(pair)
  })

  test("leaves no timer but the windows, on either side", () => {
    const pair = new StreamPair({ windowMs: 120_000 }).connect()
    writeMain(pair, 40)
    pair.run(37).cut()
    expect(pair.clock.pendingTimers).toBe(2)
    const endless = new StreamPair().connect()
    writeMain(endless, 40)
    endless.run(37).cut()
    expect(endless.clock.pendingTimers).toBe(0)
  })

  test("that outlasts the window is expired to the reader, after the data, and peer_lost to the writer", () => {
    const pair = new StreamPair({ windowMs: 5_000 }).readAll().connect()
    writeMain(pair, 3, 100)
    pair.run(1_000).cut().run(5_000)
    expect(pair.taken.main.numbers).toEqual([0, 1, 2])
    expect(pair.outcomes).toEqual([{ status: "expired", main: 3, error: 0 }])
    expect(pair.failures.writer?.code).toBe("peer_lost")
    expect(pair.clock.pendingTimers).toBe(0)
  })

  test("before the first answer does not create the stream twice, nor lose its beginning", () => {
    const pair = new StreamPair({ latencyMs: 40 }).readAll()
    pair.writer.write(Lane.main, bytesOf(10), 0)
    pair.connect().run(60).cut().run(100).connect().run(500)
    pair.writer.finish({ status: "done" })
    pair.run(500)
    expect(pair.taken.main.numbers).toEqual([0])
    expect(pair.readerLog.filter((entry) => entry.startsWith("outcome"))).toHaveLength(1)
    expect(pair.writer.state).toBe("complete")
  })

  test("after everything was taken is still complete", () => {
    const pair = new StreamPair({ latencyMs: 40, windowMs: 120_000 }).readAll().connect()
    pair.run(200)
    pair.writer.write(Lane.main, bytesOf(10), 0)
    pair.writer.finish({ status: "done" })
    pair.run(60).cut()
    expect([pair.reader.completed, pair.writer.state]).toEqual([true, "ending"])
    pair.connect().run(500)
    expect(pair.writer.state).toBe("complete")
    expect(pair.outcomes).toHaveLength(1)
  })
})

describe("backpressure", () => {
  test("a reader that reads nothing makes the writer wait, with bounded memory on both sides", () => {
    const pair = new StreamPair().connect()
    let written = 0
    while (pair.writer.write(Lane.main, bytesOf(BIG), 0)) written++
    pair.run(60_000)
    expect(pair.writer.blocked(Lane.main)).toBe(true)
    expect(pair.writer.heldCost).toBeLessThanOrEqual(WRITER_LIMITS.sendMemoryBytes + chunkCost(BIG))
    expect(pair.reader.lane(Lane.main).heldCost).toBeLessThanOrEqual(LIMITS.windowBytes.main)
    expect(pair.failures).toEqual({})
    pair.readAll().run(1_000)
    expect(pair.writerLog).toContain("room 1")
    expect(pair.taken.main.numbers).toHaveLength(written + 1)
    expect(pair.writer.repeatedBytes).toBe(0)
  })

  test("costs a blocked stream only a few statements a minute", () => {
    const pair = new StreamPair().connect()
    writeMain(pair, 40)
    pair.run(10_000)
    let timers = 0
    for (let ms = 0; ms < 60_000; ms += 50) timers += Number(pair.run(50).clock.pendingTimers > 1)
    expect(timers).toBeLessThan(40)
  })

  test("an error is not behind a main lane that is blocked, nor one that waits for a slow connection", () => {
    const blocked = new StreamPair().connect()
    writeMain(blocked, 60)
    blocked.run(1_000)
    blocked.writer.write(Lane.error, bytesOf(10), 0)
    blocked.run(10).takeAll(Lane.error)
    expect(blocked.taken.error.numbers).toEqual([0])

    const slow = new StreamPair({ bytesPerMs: 10 }).readAll().connect()
    slow.run(1_000)
    writeMain(slow, 10)
    slow.run(1)
    slow.writer.write(Lane.error, bytesOf(10), 0)
    slow.run(13_000)
    expect(slow.taken.error.numbers).toEqual([0])
    // What was under way when the error was written, and what shares the error's message behind it.
    expect(slow.taken.main.numbers.length).toBeLessThanOrEqual(4)
  })
})

describe("nobody hangs", () => {
  test("who reads only main", () => {
    const pair = new StreamPair().read(Lane.main).connect()
    for (let i = 0; i < 20; i++) {
      pair.writer.write(Lane.error, bytesOf(10_000, i), 0)
      pair.writer.write(Lane.main, bytesOf(10_000, i), 0)
    }
    pair.writer.finish({ status: "done" })
    pair.run(5_000)
    expect(pair.taken.main.numbers).toHaveLength(20)
    expect(pair.writer.state).toBe("complete")
    expect(pair.reader.lane(Lane.error).heldCost).toBeLessThanOrEqual(LIMITS.drainedTailBytes)
    pair.read(Lane.error)
    expect(pair.taken.error.gaps).toMatchObject([{ reason: "lagged", ranges: [[0, 13]], first: 14 }])
    expect(pair.taken.error.numbers[0]).toBe(14)
  })

  test("who only awaits the outcome", () => {
    const pair = new StreamPair().connect().run(50)
    pair.reader.awaitOutcome()
    for (let i = 0; i < 60; i++) {
      pair.writer.write(Lane.main, bytesOf(BIG, i), 0)
      pair.writer.write(Lane.error, bytesOf(4_000, i), 0)
    }
    pair.writer.finish({ status: "error", code: "exit", exitCode: 3 })
    pair.run(10_000)
    expect(pair.outcomes).toEqual([{ status: "error", code: "exit", exitCode: 3, main: 61, error: 61 }])
    expect(pair.writer.state).toBe("complete")
  })
})

describe("ending early", () => {
  test("cancel reaches the writer, also one that is away, and the stream goes on until its outcome", () => {
    const pair = new StreamPair({ windowMs: 120_000 }).readAll().connect().run(50)
    pair.cut()
    pair.reader.cancel("enough")
    pair.connect().run(100)
    expect(pair.writerLog).toEqual(["open", "suspended", "resumed", "cancelled enough"])
    pair.writer.write(Lane.main, bytesOf(5), 0)
    pair.writer.finish({ status: "cancelled", reason: "enough" })
    pair.run(100)
    expect(pair.outcomes).toEqual([{ status: "cancelled", reason: "enough", main: 2, error: 0 }])
    expectNothingLeft(pair)
  })

  test("a reader that closes fails the writer with closed, a writer that gives up fails the reader", () => {
    const closing = new StreamPair().connect().run(50)
    writeMain(closing, 5)
    closing.reader.close()
    closing.run(50)
    expect(closing.failures.writer?.code).toBe("closed")
    expect(closing.writer.heldCost).toBe(0)

    const leaving = new StreamPair().connect().run(50)
    leaving.writer.abandon(new BusError("internal", "the application crashed"))
    leaving.run(50)
    expect(leaving.failures.reader?.code).toBe("internal")
    expect([closing.clock.pendingTimers, leaving.clock.pendingTimers]).toEqual([0, 0])
  })
})

describe("a broker that drops relayed chunks and says so", () => {
  test("is repaired from the writer's memory", () => {
    const pair = new StreamPair({
      faults: { dropRate: 0.2, duplicateRate: 0, delayRate: 0, announcesHoles: true },
    })
    pair.readAll().connect()
    const main = writeMain(pair, 60, 5_000)
    pair.writer.finish({ status: "done" })
    pair.run(20_000)
    expect(sameChunks(pair.taken.main.parts, main)).toBe(true)
    expect(pair.writer.repeatedBytes).toBeGreaterThan(0)
    expect(pair.writer.repeatedBytes).toBeLessThan(60 * 5_000)
    expect(pair.writer.state).toBe("complete")
  })
})

test("a hole is repaired once however long the way is: not once per frame that follows it", () => {
  const pair = new StreamPair({ latencyMs: 90, bytesPerMs: 100, seed: 3 }).readAll().connect().run(400)
  pair.faults = { dropRate: 0.05, duplicateRate: 0, delayRate: 0, announcesHoles: true }
  for (let i = 0; i < 100; i++) {
    pair.writer.write(Lane.main, bytesOf(100, i), 0)
    pair.run(1)
  }
  pair.run(5_000)
  expect(pair.taken.main.numbers).toHaveLength(100)
  expect(pair.writer.repeatedBytes / 100).toBeLessThan(20)
})
