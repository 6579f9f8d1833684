import type { Range } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { RangeSet } from "../src/index.ts"

const MAX = 60

/** The numbers of a naive set as ranges. */
function toRanges(numbers: ReadonlySet<number>, from: number, to: number, present: boolean): Range[] {
  const ranges: [number, number][] = []
  for (let n = from; n <= to; n++) {
    if (numbers.has(n) !== present) continue
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === n - 1) last[1] = n
    else ranges.push([n, n])
  }
  return ranges
}

const number = fc.nat({ max: MAX })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), first: number, length: fc.nat({ max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("removeBelow" as const), n: number }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
)

test("equals a naive set of numbers after any steps", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), number, number, fc.nat({ max: 5 }), (steps, from, to, max) => {
      const set = new RangeSet()
      const model = new Set<number>()
      for (const action of steps) {
        if (action.kind === "clear") {
          set.clear()
          model.clear()
        } else if (action.kind === "removeBelow") {
          set.removeBelow(action.n)
          for (const n of model) if (n < action.n) model.delete(n)
        } else {
          const before = model.size
          for (let n = action.first; n <= action.first + action.length; n++) model.add(n)
          expect(set.add(action.first, action.first + action.length)).toBe(model.size - before)
        }
        const ranges = toRanges(model, 0, MAX + 10, true)
        expect(set.list()).toEqual(ranges)
        expect([set.size, set.rangeCount, set.highest()]).toEqual([model.size, ranges.length, ranges.at(-1)?.[1]])
      }
      for (let n = 0; n <= MAX + 11; n++) expect(set.has(n)).toBe(model.has(n))
      const gaps = toRanges(model, from, to, false)
      expect(set.gaps(from, to)).toEqual(gaps)
      expect(set.gaps(from, to, max)).toEqual(gaps.slice(0, max))
      expect(set.list(max)).toEqual(toRanges(model, 0, MAX + 10, true).slice(0, max))
    }),
  )
})

describe("bounds", () => {
  test("adds one number when no last is given", () => {
    const set = new RangeSet()
    expect([set.add(5), set.add(5), set.add(6)]).toEqual([1, 0, 1])
    expect(set.list()).toEqual([[5, 6]])
  })

  test("holds the highest whole number", () => {
    const set = new RangeSet()
    const top = Number.MAX_SAFE_INTEGER
    set.add(top)
    set.add(top - 1)
    set.add(0)
    expect(set.list()).toEqual([
      [0, 0],
      [top - 1, top],
    ])
    expect(set.gaps(top - 3, top)).toEqual([[top - 3, top - 2]])
  })

  test.each([
    [2, 1],
    [-1, 3],
    [0.5, 1],
    [0, 1.5],
    [Number.NaN, 1],
    [0, 2 ** 53],
  ])("refuses %d to %d", (first, last) => {
    const set = new RangeSet()
    expect(() => set.add(first, last)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
    expect(set.size).toBe(0)
  })

  test("gives out copies", () => {
    const set = new RangeSet()
    set.add(1, 3)
    const list = set.list() as [number, number][]
    list[0]![1] = 99
    list.pop()
    expect(set.list()).toEqual([[1, 3]])
  })
})
