import { BusError } from "./errors.ts"
import { LIMITS, MAX_NUMBER } from "./limits.ts"

/** Whole numbers from `first` to `last`, both included. */
export type Range = readonly [first: number, last: number]

/** Ranges in ascending order, disjoint. */
export type RangeList = readonly Range[]

/** How ranges are written in JSON: a number stands for itself, a pair for all from its first to its second. */
export type JsonRanges = readonly (number | Range)[]

function toRange(element: unknown): Range {
  const [first, last] = Array.isArray(element) ? element : [element, element]
  const valid = !Array.isArray(element) || element.length === 2
  if (valid && Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && first <= last)
    return [first, last]
  throw new BusError("protocol", "a range is a whole number, or a pair of them in ascending order")
}

/** Whether `ranges` can go on the wire: at most 64, ascending, disjoint, of whole numbers from 0 to 2^53 − 1. */
export function isRangeList(ranges: RangeList): boolean {
  let previous = -1
  for (const [first, last] of ranges) {
    if (!Number.isInteger(first) || !Number.isInteger(last)) return false
    if (first <= previous || last < first || last > MAX_NUMBER) return false
    previous = last
  }
  return ranges.length <= LIMITS.ranges
}

/**
 * Reads a list of numbers and inclusive pairs in any order into at most 64 merged ranges, the lowest first. What lies
 * beyond the 64th is left out: of what arrived or is asked for, the rest is stated again.
 * @throws BusError `protocol` for a reversed pair or anything that is no whole number
 */
export function foldRanges(list: readonly unknown[]): RangeList {
  const sorted = list.map(toRange).sort((a, b) => a[0] - b[0])
  const folded: [number, number][] = []
  for (const [first, last] of sorted) {
    const top = folded[folded.length - 1]
    if (top !== undefined && first <= top[1] + 1) top[1] = Math.max(top[1], last)
    else if (folded.length < LIMITS.ranges) folded.push([first, last])
    else break
  }
  return folded
}

/** Writes ranges as JSON does: a range of one number as that number. */
export function rangesToJson(ranges: RangeList): JsonRanges {
  return ranges.map((range) => (range[0] === range[1] ? range[0] : [range[0], range[1]]))
}
