import fc from "fast-check"
import { expect, test } from "vitest"
import { type StreamEnding, Tombstones } from "../src/index.ts"

function seqOf(session: number, counter: number): Uint8Array {
  const seq = new Uint8Array(40).fill(session, 0, 32)
  new DataView(seq.buffer).setUint32(32, Math.floor(counter / 0x1_0000_0000))
  new DataView(seq.buffer).setUint32(36, counter >>> 0)
  return seq
}

test("equals a naive table of what ended, by its first ending, while it fits", () => {
  const stream = fc.record({
    session: fc.nat({ max: 3 }),
    counter: fc.nat({ max: 12 }),
    ending: fc.constantFrom<StreamEnding>("complete", "fenced", "closed"),
  })
  fc.assert(
    fc.property(fc.array(stream, { maxLength: 60 }), (streams) => {
      const tombstones = new Tombstones()
      const model = new Map<string, StreamEnding>()
      for (const { session, counter, ending } of streams) {
        tombstones.add(seqOf(session, counter), ending)
        const key = `${session} ${counter}`
        if (!model.has(key)) model.set(key, ending)
      }
      for (let session = 0; session <= 4; session++) {
        for (let counter = 0; counter <= 13; counter++) {
          expect(tombstones.get(seqOf(session, counter))).toBe(model.get(`${session} ${counter}`))
        }
      }
    }),
  )
})

test("streams that ended alike, one after the other, cost one range however many they are", () => {
  const tombstones = new Tombstones()
  for (let counter = 0; counter < 100_000; counter++) tombstones.add(seqOf(1, counter), "complete")
  expect([tombstones.rangeCount, tombstones.sessionCount]).toEqual([1, 1])
  expect(tombstones.get(seqOf(1, 99_999))).toBe("complete")
})

test("keeps at most 4 096 ranges: the session whose streams ended longest ago goes first, its oldest stream first", () => {
  const tombstones = new Tombstones()
  for (let i = 0; i < 10; i++) tombstones.add(seqOf(1, 2 * i), i === 0 ? "closed" : "complete")
  for (let i = 0; i < 4_086; i++) tombstones.add(seqOf(2, 2 * i), "complete")
  expect([tombstones.rangeCount, tombstones.get(seqOf(1, 0))]).toEqual([4_096, "closed"])
  tombstones.add(seqOf(3, 0), "complete")
  expect([tombstones.rangeCount, tombstones.get(seqOf(1, 0)), tombstones.get(seqOf(1, 2))]).toEqual([
    4_096,
    undefined,
    "complete",
  ])
  for (let i = 0; i < 10; i++) tombstones.add(seqOf(3, 2 * i + 2), "complete")
  expect([tombstones.sessionCount, tombstones.get(seqOf(1, 18)), tombstones.get(seqOf(2, 0))]).toEqual([
    2,
    undefined,
    undefined,
  ])
  expect(tombstones.get(seqOf(2, 2))).toBe("complete")
})

test("holds its bound whatever ends in whatever order", () => {
  const stream = fc.record({ session: fc.nat({ max: 5 }), counter: fc.nat({ max: 40 }), closed: fc.boolean() })
  fc.assert(
    fc.property(fc.array(stream, { maxLength: 80 }), (streams) => {
      const tombstones = new Tombstones({ maxRanges: 7 })
      for (const { session, counter, closed } of streams) {
        tombstones.add(seqOf(session, counter), closed ? "closed" : "complete")
        expect(tombstones.rangeCount).toBeLessThanOrEqual(7)
        expect(tombstones.sessionCount).toBeLessThanOrEqual(tombstones.rangeCount)
      }
    }),
  )
})

test("takes counters up to 2^53−1, and refuses those beyond", () => {
  const tombstones = new Tombstones()
  tombstones.add(seqOf(1, Number.MAX_SAFE_INTEGER), "complete")
  expect(tombstones.get(seqOf(1, Number.MAX_SAFE_INTEGER))).toBe("complete")
  const beyond = seqOf(1, 0).fill(0xff, 32)
  for (const call of [() => tombstones.get(beyond), () => tombstones.add(beyond, "complete")]) {
    expect(call).toThrow(expect.objectContaining({ code: "protocol" }))
  }
})
