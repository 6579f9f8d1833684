import { BusError, LIMITS, type RangeList } from "@luxbus/packet"
import { RangeSet } from "./range-set.ts"
import { Ring } from "./ring.ts"

/** Options of a {@link ReceiveMemory}. */
export interface ReceiveMemoryOptions {
  /** The number of the first chunk that will come. Default 0; another where a reader joins late. */
  readonly first?: number
  /**
   * How many ranges above `cum` are kept. Default 64, which is what one statement can acknowledge: what cannot be
   * acknowledged would be sent again anyway.
   */
  readonly maxRanges?: number
}

/**
 * What became of a chunk that arrived.
 *
 * - `next`: it is in order; it and what it joins can be taken.
 * - `ahead`: it is held until the hole below it is filled.
 * - `duplicate`: it had arrived, or was left out by a gap.
 * - `refused`: holding it would make too many ranges. It is not remembered and counts as missing.
 */
export type Reception = "next" | "ahead" | "duplicate" | "refused"

function assertNumber(n: number): void {
  if (!Number.isSafeInteger(n) || n < 0) throw new BusError("protocol", `not a chunk number: ${n}`)
}

/**
 * What arrived on one lane: in order, ahead of order, missing. Every chunk is given out once and in order.
 *
 * Ranges are bounded; bytes are not: the caller checks credit before it hands a chunk over. In order with nothing
 * ahead, `receive` and `take` are O(1) and allocate nothing.
 *
 * @typeParam T what the caller keeps per chunk; not undefined
 */
export class ReceiveMemory<T> {
  readonly #inOrder = new Ring<T>()
  readonly #maxRanges: number
  #ahead: Ahead<T> | undefined
  #cum: number
  #known: number

  /** @throws BusError `invalid_argument` when an option is no whole number in its range */
  constructor(options: ReceiveMemoryOptions = {}) {
    const { first = 0, maxRanges = LIMITS.ranges } = options
    if (!Number.isSafeInteger(first) || first < 0)
      throw new BusError("invalid_argument", `first must be a whole number from 0: ${first}`)
    if (!Number.isSafeInteger(maxRanges) || maxRanges < 1)
      throw new BusError("invalid_argument", `maxRanges must be a whole number from 1: ${maxRanges}`)
    this.#cum = first
    this.#known = first
    this.#maxRanges = maxRanges
  }

  /** Everything below has arrived in order and is held or was taken, or was left out by a gap. */
  get cum(): number {
    return this.#cum
  }

  /**
   * Takes a chunk in. It is kept by reference.
   * @throws BusError `protocol` when `n` is no whole number up to 2^53−1
   */
  receive(n: number, chunk: T): Reception {
    if (n === this.#cum) {
      this.#inOrder.push(chunk)
      this.#cum++
      if (this.#ahead !== undefined) this.#join()
      if (this.#known < this.#cum) this.#known = this.#cum
      return "next"
    }
    if (n < this.#cum) return "duplicate"
    return this.#hold(n, chunk)
  }

  /** The next chunk in order, once; undefined when it has not arrived. */
  take(): T | undefined {
    return this.#inOrder.shift()
  }

  /** What has arrived above `cum`, or was left out there, in ascending order. */
  ranges(): RangeList {
    return this.#ahead?.numbers.list() ?? []
  }

  /**
   * The writer has given every number below `next`, so that what has not come is missing. The highest statement wins.
   * @throws BusError `protocol` when `next` is no whole number up to 2^53−1
   */
  stateNext(next: number): void {
    assertNumber(next)
    if (next > this.#known) this.#known = next
  }

  /**
   * What is missing: the holes below the highest number that is known to have been given, refused chunks included, in
   * ascending order. At most 64 ranges, the lowest, which is what one statement can ask for.
   */
  missing(): RangeList {
    if (this.#known === this.#cum) return []
    if (this.#ahead === undefined) return [[this.#cum, this.#known - 1]]
    return this.#ahead.numbers.gaps(this.#cum, this.#known - 1, LIMITS.ranges)
  }

  /**
   * Leaves out a gap: no number from `first` to `last` will come any more, and `mark` is given out in their place, once
   * what comes before them was. Chunks that are held of them are dropped; what arrived in order can still be taken.
   * A gap below `cum` changes nothing; nor does one that meets part of another that is held, or one too many.
   * @returns the chunks dropped, in ascending order, and the marks of gaps that lie within: what was counted for them has
   *   to be given back
   * @throws BusError `protocol` when a number is no whole number up to 2^53−1
   */
  leaveOut(first: number, last: number, mark: T): readonly T[] {
    assertNumber(first)
    assertNumber(last)
    const from = Math.max(first, this.#cum)
    if (from > last || !this.#canLeaveOut(from, last)) return []
    this.#ahead ??= noneAhead()
    const dropped = this.#dropWithin(from, last)
    this.#ahead.chunks.set(from, mark)
    this.#ahead.gaps.set(from, last)
    this.#ahead.numbers.add(from, last)
    this.#join()
    if (last >= this.#known) this.#known = last + 1
    return dropped
  }

  #hold(n: number, chunk: T): Reception {
    assertNumber(n)
    if (n >= this.#known) this.#known = n + 1
    this.#ahead ??= noneAhead()
    const { chunks, numbers } = this.#ahead
    if (numbers.has(n)) return "duplicate"
    const needsRange = !numbers.has(n - 1) && !numbers.has(n + 1)
    if (needsRange && numbers.rangeCount >= this.#maxRanges) return "refused"
    chunks.set(n, chunk)
    numbers.add(n)
    return "ahead"
  }

  /** Moves what is held from `cum` on into order. */
  #join(): void {
    const { chunks, gaps, numbers } = this.#ahead!
    for (let chunk = chunks.get(this.#cum); chunk !== undefined; chunk = chunks.get(this.#cum)) {
      const last = gaps.get(this.#cum) ?? this.#cum
      chunks.delete(this.#cum)
      gaps.delete(this.#cum)
      this.#inOrder.push(chunk)
      this.#cum = last + 1
    }
    numbers.removeBelow(this.#cum)
    if (numbers.size === 0) this.#ahead = undefined
  }

  #canLeaveOut(first: number, last: number): boolean {
    if (this.#ahead === undefined) return true
    const { gaps, numbers } = this.#ahead
    for (const [from, to] of gaps) {
      const meets = from <= last && to >= first
      if (meets && (from < first || to > last)) return false
    }
    const count = Math.max(gaps.size, numbers.rangeCount)
    return first === this.#cum || gaps.has(first) || count < this.#maxRanges
  }

  /** Drops what is held from `first` to `last`. */
  #dropWithin(first: number, last: number): readonly T[] {
    const { chunks, gaps, numbers } = this.#ahead!
    const dropped: T[] = []
    for (const [from, to] of numbers.list()) {
      for (let n = Math.max(from, first); n <= Math.min(to, last); n = (gaps.get(n) ?? n) + 1) {
        dropped.push(chunks.get(n)!)
        chunks.delete(n)
      }
    }
    for (const from of [...gaps.keys()]) if (from >= first && from <= last) gaps.delete(from)
    return dropped
  }
}

interface Ahead<T> {
  /** By number; the mark of a gap by the gap's first. */
  readonly chunks: Map<number, T>
  /** Gaps that lie ahead: their first and last numbers. */
  readonly gaps: Map<number, number>
  /** What is held, gaps included. */
  readonly numbers: RangeSet
}

function noneAhead<T>(): Ahead<T> {
  return { chunks: new Map(), gaps: new Map(), numbers: new RangeSet() }
}
