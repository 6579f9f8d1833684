import { BusError, type RangeList } from "@luxbus/packet"
import type { Reception } from "@luxbus/stream-memory"
import type { LaneOrder } from "./reader-source.ts"

const NONE: RangeList = []

/**
 * The order of a hosted lane: a host serves from where its reader stands, and a connection loses nothing while it lasts.
 * It keeps one chunk, or the mark of a gap: take it before the next is received. Sparse numbers grow, but not by one:
 * what lies between two chunks was never this reader's.
 */
export class InOrder<T> implements LaneOrder<T> {
  #cum: number
  #next: T | undefined
  readonly #isSparse: boolean

  /** @param first the number of the first chunk that will come */
  constructor(first: number, isSparse = false) {
    this.#cum = first
    this.#isSparse = isSparse
  }

  get cum(): number {
    return this.#cum
  }

  /** @throws BusError `protocol` for a chunk whose predecessor has not come */
  receive(n: number, chunk: T): Reception {
    if (n < this.#cum) return "duplicate"
    if (n > this.#cum && !this.#isSparse) {
      throw new BusError("protocol", "A host left chunks out.", { details: { expected: this.#cum, number: n } })
    }
    this.#cum = n + 1
    this.#next = chunk
    return "next"
  }

  take(): T | undefined {
    const chunk = this.#next
    this.#next = undefined
    return chunk
  }

  ranges(): RangeList {
    return NONE
  }

  missing(): RangeList {
    return NONE
  }

  stateNext(): void {}

  leaveOut(_first: number, last: number, mark: T): readonly T[] {
    this.#cum = last + 1
    this.#next = mark
    return []
  }
}
