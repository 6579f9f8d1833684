import fc from "fast-check"
import { expect, test } from "vitest"
import { foldRanges, isRangeList, type Range, rangesToJson } from "../src/index.ts"

const small = fc.nat(300)
const element = fc.oneof(
  small,
  fc.tuple(small, fc.nat(9)).map(([first, more]): Range => [first, first + more]),
)

test("folds any list into the lowest 64 merged ranges of the same numbers", () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 200 }), (list) => {
      const numbers = new Set(
        list.flatMap((e) =>
          typeof e === "number" ? [e] : Array.from({ length: e[1] - e[0] + 1 }, (_, i) => e[0] + i),
        ),
      )
      const naive: [number, number][] = []
      for (const n of [...numbers].sort((a, b) => a - b)) {
        const top = naive.at(-1)
        if (top !== undefined && top[1] === n - 1) top[1] = n
        else naive.push([n, n])
      }
      const folded = foldRanges(list)
      expect(folded).toEqual(naive.slice(0, 64))
      expect(isRangeList(folded)).toBe(true)
      expect(foldRanges(rangesToJson(folded))).toEqual(folded)
    }),
  )
})

test("reads the flat list of the seed and pairs alike", () => {
  expect(foldRanges([0, 1, 2])).toEqual([[0, 2]])
  expect(foldRanges([5, [7, 9]])).toEqual([
    [5, 5],
    [7, 9],
  ])
  expect(
    rangesToJson([
      [5, 5],
      [7, 9],
    ]),
  ).toEqual([5, [7, 9]])
})

test.each([[[[3, 1]]], [[[1]]], [[[1, 2, 3]]], [["1"]], [[-1]], [[1.5]], [[2 ** 53]], [[null]], [[[1, "2"]]]])(
  "refuses %j as protocol",
  (list) => {
    expect(() => foldRanges(list)).toThrow(expect.objectContaining({ code: "protocol" }))
  },
)

test("a list for the wire is ascending, disjoint and of at most 64", () => {
  const many = Array.from({ length: 65 }, (_, i): Range => [2 * i, 2 * i])
  expect(isRangeList(many)).toBe(false)
  expect(isRangeList(many.slice(1))).toBe(true)
  expect(isRangeList([[3, 2]])).toBe(false)
  expect(
    isRangeList([
      [1, 4],
      [4, 5],
    ]),
  ).toBe(false)
  expect(isRangeList([[0, 2 ** 53]])).toBe(false)
  expect(isRangeList([[0.5, 2]])).toBe(false)
})
