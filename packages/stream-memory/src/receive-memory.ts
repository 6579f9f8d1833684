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
 * - `duplicate`: it had arrived, or was skipped by a gap.
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
  #ahead: { readonly chunks: Map<number, T>; readonly numbers: RangeSet } | undefined
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

  /** Everything below has arrived in order and is held or was taken, or was skipped by a gap. */
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

  /** What has arrived above `cum`, in ascending order. */
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
   * Goes over a gap: no number below `first` will come any more. Chunks that are held ahead of order below `first` are
   * dropped; those that arrived in order can still be taken.
   * A gap that lies below `cum` changes nothing.
   * @returns the chunks dropped, in ascending order: what was counted for them has to be given back
   * @throws BusError `protocol` when `first` is no whole number up to 2^53−1
   */
  skipTo(first: number): readonly T[] {
    assertNumber(first)
    if (first <= this.#cum) return []
    const dropped = this.#dropBelow(first)
    this.#cum = first
    if (this.#ahead !== undefined) this.#join()
    if (this.#known < this.#cum) this.#known = this.#cum
    return dropped
  }

  #hold(n: number, chunk: T): Reception {
    assertNumber(n)
    if (n >= this.#known) this.#known = n + 1
    this.#ahead ??= { chunks: new Map(), numbers: new RangeSet() }
    const { chunks, numbers } = this.#ahead
    if (chunks.has(n)) return "duplicate"
    const needsRange = !chunks.has(n - 1) && !chunks.has(n + 1)
    if (needsRange && numbers.rangeCount >= this.#maxRanges) return "refused"
    chunks.set(n, chunk)
    numbers.add(n)
    return "ahead"
  }

  /** Moves what is held from `cum` on into order. */
  #join(): void {
    const { chunks, numbers } = this.#ahead!
    for (let chunk = chunks.get(this.#cum); chunk !== undefined; chunk = chunks.get(this.#cum)) {
      chunks.delete(this.#cum)
      this.#inOrder.push(chunk)
      this.#cum++
    }
    numbers.removeBelow(this.#cum)
    if (numbers.size === 0) this.#ahead = undefined
  }

  /** Drops what is held below `first`; `#join` then takes its numbers off. */
  #dropBelow(first: number): readonly T[] {
    if (this.#ahead === undefined) return []
    const { chunks, numbers } = this.#ahead
    const dropped: T[] = []
    for (const [from, to] of numbers.list()) {
      for (let n = from; n <= to && n < first; n++) {
        dropped.push(chunks.get(n)!)
        chunks.delete(n)
      }
    }
    return dropped
  }
}
