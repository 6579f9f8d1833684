import { ChunkFlag } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { chunkFrame, endFrame } from "./frames.ts"
import { DATA, gapAt, laneOf, numbersOf, receive, takeAll, WINDOW } from "./lane-script.ts"

describe("drain of an untouched lane", () => {
  test("counts everything as taken and keeps the last of it, after a gap", () => {
    const lane = laneOf()
    receive(lane, 0, 1, 2, 3, 4)
    lane.drain(200)
    lane.renewNow()
    expect(lane.ceiling).toBe(500 + WINDOW)
    expect(lane.heldCost).toBe(200)
    const items = takeAll(lane)
    expect(numbersOf(items)).toEqual(["gap", 3, 4])
    expect(items[0]).toEqual({ type: "gap", lane: "main", ranges: [[0, 2]], first: 3, message: 3, reason: "lagged" })
    lane.renewNow()
    expect(lane.ceiling).toBe(500 + WINDOW)
  })

  test("joins what it drops at different times into one gap", () => {
    const lane = laneOf()
    receive(lane, 0, 1)
    lane.drain(100)
    receive(lane, 2, 3)
    lane.drain(100)
    expect(lane.position).toBe(3)
    expect(takeAll(lane)[0]).toMatchObject({ type: "gap", ranges: [[0, 2]], first: 3 })
  })

  test("takes a gap along that it meets, and keeps the END", () => {
    const lane = laneOf()
    receive(lane, 0)
    lane.skip(gapAt(3, { ranges: [[1, 2]] }), 300)
    receive(lane, 3)
    lane.receive(endFrame(4, DATA))
    lane.drain(0)
    const items = takeAll(lane)
    expect(numbersOf(items)).toEqual(["gap", "end"])
    expect(items[0]).toMatchObject({ ranges: [[0, 4]], first: 4 })
  })

  test("never drops an END, though it costs more than what is to be kept", () => {
    const lane = laneOf()
    receive(lane, 0)
    lane.receive(endFrame(1, new Uint8Array(0)))
    lane.drain(0)
    expect(numbersOf(takeAll(lane))).toEqual(["gap", "end"])
  })

  test("names the message that the next chunk belongs to", () => {
    const lane = laneOf()
    for (let n = 0; n < 5; n++) lane.receive(chunkFrame(n, DATA, { flags: n === 1 ? 0 : ChunkFlag.more }))
    lane.drain(100)
    expect(takeAll(lane)[0]).toMatchObject({ first: 4, message: 2 })
  })

  test("does not touch what waits behind a hole", () => {
    const lane = laneOf()
    receive(lane, 1, 2, 3)
    lane.drain(100)
    expect(lane.heldCost).toBe(300)
    receive(lane, 0)
    expect(numbersOf(takeAll(lane))).toEqual([0, 1, 2, 3])
  })
})

test("equals a naive list of chunks after any arrivals, takes and drains", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("receive" as const), number: fc.nat({ max: 25 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("drain" as const) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const lane = laneOf({ windowBytes: 10_000 })
      const arrived = new Set<number>()
      const out: number[] = []
      let credited = 0
      for (const action of steps) {
        if (action.kind === "receive") {
          receive(lane, action.number)
          arrived.add(action.number)
        } else if (action.kind === "drain") {
          lane.drain(Number.POSITIVE_INFINITY)
          credited = lane.cum
        } else {
          const item = lane.take()
          if (item?.type === "chunk") out.push(item.number)
        }
        let cum = 0
        while (arrived.has(cum)) cum++
        credited = Math.max(credited, out.length)
        lane.renewNow()
        expect(lane.cum).toBe(cum)
        expect(out).toEqual(Array.from({ length: out.length }, (_, i) => i))
        expect(lane.ceiling).toBe(10_000 + credited * 100)
        expect(lane.heldCost).toBe((arrived.size - out.length) * 100)
      }
    }),
  )
})
