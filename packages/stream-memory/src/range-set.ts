import { BusError, type Range, type RangeList } from "@luxbus/packet"

/**
 * A set of whole numbers from 0 to 2^53−1, kept as inclusive ranges that are sorted, disjoint and never adjacent: ten
 * thousand consecutive numbers cost as much as one. Lookups are a binary search; adding at the upper end, the common
 * case, is O(1) and allocates nothing.
 */
export class RangeSet {
  // Two flat arrays instead of pairs: a search touches numbers only, and growing a range at its end allocates nothing.
  readonly #firsts: number[] = []
  readonly #lasts: number[] = []
  #size = 0

  /** How many ranges it takes to write the set down. */
  get rangeCount(): number {
    return this.#firsts.length
  }

  /** How many numbers are in the set. */
  get size(): number {
    return this.#size
  }

  /** The highest number of the set; undefined when it is empty. */
  highest(): number | undefined {
    return this.#lasts[this.#lasts.length - 1]
  }

  /** Whether `n` is in the set. */
  has(n: number): boolean {
    const i = this.#indexFrom(n)
    return i < this.#firsts.length && this.#firsts[i]! <= n
  }

  /**
   * Adds the numbers from `first` to `last`, both included; `last` defaults to `first`.
   * @returns how many of them were new
   * @throws BusError `invalid_argument` when a bound is no whole number from 0 to 2^53−1 or the pair is reversed
   */
  add(first: number, last: number = first): number {
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 0 || last < first)
      throw new BusError("invalid_argument", `not a range of whole numbers: ${first} to ${last}`)
    const top = this.#firsts.length - 1
    if (top < 0 || first > this.#lasts[top]! + 1) return this.#appendRange(first, last)
    if (first >= this.#firsts[top]!) return this.#extendTop(top, last)
    return this.#merge(first, last)
  }

  /** Removes every number below `n`. */
  removeBelow(n: number): void {
    const keep = this.#indexFrom(n)
    for (let i = 0; i < keep; i++) this.#size -= this.#lasts[i]! - this.#firsts[i]! + 1
    if (keep > 0) {
      this.#firsts.splice(0, keep)
      this.#lasts.splice(0, keep)
    }
    const first = this.#firsts[0]
    if (first === undefined || first >= n) return
    this.#size -= n - first
    this.#firsts[0] = n
  }

  /** Removes every number. */
  clear(): void {
    this.#firsts.length = 0
    this.#lasts.length = 0
    this.#size = 0
  }

  /**
   * What is absent within `from` to `to`, both included, in ascending order.
   * @param max how many ranges at most; the lowest are given. Default: all
   */
  gaps(from: number, to: number, max = Number.POSITIVE_INFINITY): Range[] {
    const gaps: Range[] = []
    let next = from
    for (let i = this.#indexFrom(from); i < this.#firsts.length && next <= to && gaps.length < max; i++) {
      const first = this.#firsts[i]!
      if (first > next) gaps.push([next, Math.min(first - 1, to)])
      next = this.#lasts[i]! + 1
    }
    if (next <= to && gaps.length < max) gaps.push([next, to])
    return gaps
  }

  /**
   * The set as ranges, in ascending order; a copy.
   * @param max how many ranges at most; the lowest are given. Default: all
   */
  list(max = Number.POSITIVE_INFINITY): RangeList {
    const ranges: Range[] = []
    const count = Math.min(max, this.#firsts.length)
    for (let i = 0; i < count; i++) ranges.push([this.#firsts[i]!, this.#lasts[i]!])
    return ranges
  }

  /** Index of the lowest range that ends at `n` or above; the number of ranges when there is none. */
  #indexFrom(n: number): number {
    let low = 0
    let high = this.#lasts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#lasts[middle]! < n) low = middle + 1
      else high = middle
    }
    return low
  }

  #appendRange(first: number, last: number): number {
    this.#firsts.push(first)
    this.#lasts.push(last)
    this.#size += last - first + 1
    return last - first + 1
  }

  #extendTop(top: number, last: number): number {
    const grown = last - this.#lasts[top]!
    if (grown <= 0) return 0
    this.#lasts[top] = last
    this.#size += grown
    return grown
  }

  #merge(first: number, last: number): number {
    // first − 1: a range that ends right below joins, so that no two ranges are ever adjacent.
    const from = this.#indexFrom(first - 1)
    let to = from
    let present = 0
    let mergedFirst = first
    let mergedLast = last
    while (to < this.#firsts.length && this.#firsts[to]! <= last + 1) {
      present += this.#lasts[to]! - this.#firsts[to]! + 1
      mergedFirst = Math.min(mergedFirst, this.#firsts[to]!)
      mergedLast = Math.max(mergedLast, this.#lasts[to]!)
      to++
    }
    this.#firsts.splice(from, to - from, mergedFirst)
    this.#lasts.splice(from, to - from, mergedLast)
    const added = mergedLast - mergedFirst + 1 - present
    this.#size += added
    return added
  }
}
