import { Lane } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { MemoryJournal, RUN_OVERHEAD_BYTES, type Run } from "../src/index.ts"

function run(lane: Run["lane"], first: number, count: number, byteLength: number): Run {
  return { lane, first, count, message: first, cost: byteLength + count, bytes: new Uint8Array(byteLength) }
}

const append = fc.record({
  lane: fc.constantFrom(Lane.main, Lane.error),
  count: fc.integer({ min: 1, max: 5 }),
  byteLength: fc.nat({ max: 3_000 }),
})

test("equals a naive list of runs after any appends", () => {
  fc.assert(
    fc.property(fc.array(append, { maxLength: 40 }), fc.nat({ max: 10_000 }), (appends, maxBytes) => {
      const journal = new MemoryJournal({ maxBytes, from: { main: 4, error: 0 } })
      const held: Run[] = []
      const next = { [Lane.main]: 4, [Lane.error]: 0 }
      const evictedCost = { [Lane.main]: 0, [Lane.error]: 0 }
      const heldBytes = () => held.reduce((sum, { bytes }) => sum + bytes.byteLength + RUN_OVERHEAD_BYTES, 0)
      for (const { lane, count, byteLength } of appends) {
        held.push(run(lane, next[lane], count, byteLength))
        next[lane] += count
        journal.append([held.at(-1)!])
        while (heldBytes() > maxBytes && held.length > 1) {
          const evicted = held.shift()!
          evictedCost[evicted.lane] += evicted.cost
        }
        expect(journal.heldBytes).toBe(heldBytes())
      }
      for (const lane of [Lane.main, Lane.error] as const) {
        const runs = held.filter((candidate) => candidate.lane === lane)
        const first = runs[0]?.first ?? next[lane]
        expect(journal.bounds(lane)).toEqual({ first, next: next[lane], message: first, costBelow: evictedCost[lane] })
        for (let n = first; n <= next[lane]; n++) {
          const expected = runs.filter((candidate) => candidate.first + candidate.count > n)
          expect(journal.read(lane, n, Number.POSITIVE_INFINITY)).toEqual(expected)
        }
      }
    }),
  )
})

describe("memory", () => {
  test("gives out the runs that were appended, without a copy", () => {
    const journal = new MemoryJournal()
    const runs = [run(Lane.main, 0, 1, 10), run(Lane.main, 1, 1, 10)]
    journal.append(runs)
    const read = journal.read(Lane.main, 0, 100)
    expect(read[0]).toBe(runs[0])
    expect(read[1]).toBe(runs[1])
  })

  test("answers at once", () => {
    const journal = new MemoryJournal()
    expect(journal.append([run(Lane.main, 0, 1, 10)])).toBe(undefined)
    expect(journal.finish({ status: "done", main: 1, error: 0 })).toEqual({ status: "done", main: 1, error: 0 })
  })

  test("keeps 64 MiB unless told otherwise", () => {
    const journal = new MemoryJournal()
    const bytes = new Uint8Array(1024 * 1024 - RUN_OVERHEAD_BYTES)
    for (let n = 0; n < 64; n++) journal.append([{ ...run(Lane.main, n, 1, 0), bytes }])
    expect([journal.heldBytes, journal.bounds(Lane.main).first]).toEqual([64 * 1024 * 1024, 0])
    journal.append([run(Lane.error, 0, 1, 0)])
    expect(journal.bounds(Lane.main).first).toBe(1)
  })

  test("holds nothing once closed", () => {
    const journal = new MemoryJournal()
    journal.append([run(Lane.main, 0, 1, 10)])
    journal.close()
    expect(journal.heldBytes).toBe(0)
  })

  test.each([{ maxBytes: -1 }, { maxBytes: Number.NaN }, { from: { main: 0, error: -1 } }])("refuses %o", (options) => {
    expect(() => new MemoryJournal(options)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
  })
})
