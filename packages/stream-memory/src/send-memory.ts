import { BusError, chunkCost, type Range, type RangeList } from "@luxbus/packet"
import { RangeSet } from "./range-set.ts"
import { Ring } from "./ring.ts"

const NO_RANGES: RangeList = []

/** Options of a {@link SendMemory}. */
export interface SendMemoryOptions {
  /** The number of the first chunk. Default 0, where every lane starts. */
  readonly first?: number
}

/**
 * What a writer has sent on one lane and must be able to send again. A chunk gets its number here, at entry, so that
 * numbers have no holes. It is held until it is acknowledged or dropped; nothing is dropped but by `dropOldest()`.
 *
 * It sets no limit: the caller looks at `heldBytes` or `heldCost` before it appends. `append` and `get` are O(1); an
 * acknowledgement costs O(1) per chunk that it frees.
 *
 * @typeParam T what the caller keeps per chunk; a fact of the moment of entry (flags, the message's start, the sum of
 * costs below) is best kept in it, since `get(cum)` then gives what a gap has to state.
 */
export class SendMemory<T extends { readonly data: Uint8Array }> {
  readonly #slots = new Ring<T | undefined>()
  #acknowledged: RangeSet | undefined
  #cum: number
  #heldBytes = 0
  #heldCount = 0

  /** @throws BusError `invalid_argument` when `first` is no whole number from 0 */
  constructor(options: SendMemoryOptions = {}) {
    const { first = 0 } = options
    if (!Number.isSafeInteger(first) || first < 0)
      throw new BusError("invalid_argument", `first must be a whole number from 0: ${first}`)
    this.#cum = first
  }

  /** The number that the next chunk gets. */
  get next(): number {
    return this.#cum + this.#slots.length
  }

  /** Everything below was acknowledged or dropped; the chunk of this number, if it was given, is held. */
  get cum(): number {
    return this.#cum
  }

  /** Data bytes of the chunks that are held. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Cost of the chunks that are held, as credit counts it: data bytes and the fixed cost of each chunk. */
  get heldCost(): number {
    return this.#heldBytes + this.#heldCount * chunkCost(0)
  }

  /**
   * Takes a chunk in. It is kept by reference: its bytes must not change while it is held.
   * @returns its number
   */
  append(chunk: T): number {
    const number = this.#cum + this.#slots.length
    this.#slots.push(chunk)
    this.#heldBytes += chunk.data.byteLength
    this.#heldCount++
    return number
  }

  /** The chunk `n`, to be sent again; undefined when it is no longer held or was never given. */
  get(n: number): T | undefined {
    return this.#slots.at(n - this.#cum)
  }

  /**
   * Lets go of what the reader has. Statements may be lost, repeated or overtaken: a `cum` below ours is ignored, and
   * ranges count wherever they are above it.
   * @param cum everything below has arrived
   * @param ranges what has arrived above `cum`; these chunks are freed, and remembered as acknowledged
   * @returns bytes freed
   * @throws BusError `protocol` when a number was never sent or a range is malformed; nothing has changed then
   */
  acknowledge(cum: number, ranges: RangeList = NO_RANGES): number {
    this.#check(cum, ranges)
    const heldBefore = this.#heldBytes
    while (this.#cum < cum) this.#shift()
    for (const [first, last] of ranges) if (last >= this.#cum) this.#free(Math.max(first, this.#cum), last)
    this.#skipFreed()
    return heldBefore - this.#heldBytes
  }

  /** Whether `n` need not be sent again: it was acknowledged, or lies below `cum`. */
  isAcknowledged(n: number): boolean {
    return n < this.#cum || (this.#acknowledged?.has(n) ?? false)
  }

  /**
   * Drops the oldest chunk that is held, as live streams do for want of room. The reader has to be told by a gap.
   * @returns the numbers dropped; undefined when nothing is held
   */
  dropOldest(): Range | undefined {
    if (this.#slots.length === 0) return undefined
    const dropped = this.#cum
    this.#shift()
    this.#skipFreed()
    return [dropped, dropped]
  }

  #check(cum: number, ranges: RangeList): void {
    const { next } = this
    if (!Number.isSafeInteger(cum) || cum < 0 || cum > next)
      throw new BusError("protocol", "acknowledgement of what was never sent", { details: { cum, next } })
    for (const [first, last] of ranges) {
      const wellFormed = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && first <= last
      if (!wellFormed || last >= next)
        throw new BusError("protocol", "acknowledgement of what was never sent", { details: { first, last, next } })
    }
  }

  #free(first: number, last: number): void {
    this.#acknowledged ??= new RangeSet()
    // Only what is new is walked: a statement that repeats thousands of numbers costs a search.
    for (const [from, to] of this.#acknowledged.gaps(first, last)) {
      for (let n = from; n <= to; n++) {
        this.#release(this.#slots.at(n - this.#cum))
        this.#slots.set(n - this.#cum, undefined)
      }
    }
    this.#acknowledged.add(first, last)
  }

  #shift(): void {
    this.#release(this.#slots.shift())
    this.#cum++
  }

  #skipFreed(): void {
    if (this.#acknowledged === undefined) return
    while (this.#slots.length > 0 && this.#slots.at(0) === undefined) this.#shift()
    this.#acknowledged.removeBelow(this.#cum)
    if (this.#acknowledged.size === 0) this.#acknowledged = undefined
  }

  #release(chunk: T | undefined): void {
    if (chunk === undefined) return
    this.#heldBytes -= chunk.data.byteLength
    this.#heldCount--
  }
}
