import { type DataLane, Lane, type Outcome } from "@luxbus/packet"
import { type FirstNumbers, type Journal, MemoryJournal, type Run } from "@luxbus/stream-memory"

/** Of 17 bytes that a mirror may hold, 16 are the main lane's: as of its readers' windows. */
const ERROR_SHARE = 1 / 17

/**
 * What a mirror holds of another broker's stream: copies of what that broker still has. Other than a stream's own journal
 * it can leave chunks out, where that broker no longer had them when they would have come.
 */
export class MirrorJournal implements Journal {
  readonly #maxBytes: number
  #main: MemoryJournal
  #error: MemoryJournal

  /** @param maxBytes of both lanes together */
  constructor(maxBytes: number, from: FirstNumbers) {
    this.#maxBytes = maxBytes
    this.#main = this.#lane(Lane.main, from.main)
    this.#error = this.#lane(Lane.error, from.error)
  }

  get outcome(): Outcome | undefined {
    return this.#main.outcome
  }

  get heldBytes(): number {
    return this.#main.heldBytes + this.#error.heldBytes
  }

  append(runs: readonly Run[]): void {
    for (const run of runs) this.#of(run.lane).append([run])
  }

  read(lane: DataLane, from: number, maxBytes: number): readonly Run[] {
    return this.#of(lane).read(lane, from, maxBytes)
  }

  bounds(lane: DataLane) {
    return this.#of(lane).bounds(lane)
  }

  finish(outcome: Outcome): Outcome {
    return this.#main.finish(outcome)
  }

  /** The lane goes on at `first`; what it held before is let go of, as its broker has none of that either. */
  skip(lane: DataLane, first: number): void {
    this.#of(lane).close()
    if (lane === Lane.main) this.#main = this.#lane(lane, first)
    else this.#error = this.#lane(lane, first)
  }

  close(): void {
    this.#main.close()
    this.#error.close()
  }

  #of(lane: DataLane): MemoryJournal {
    return lane === Lane.main ? this.#main : this.#error
  }

  #lane(lane: DataLane, first: number): MemoryJournal {
    const maxBytes = this.#maxBytes * (lane === Lane.main ? 1 - ERROR_SHARE : ERROR_SHARE)
    return new MemoryJournal({ maxBytes, from: { main: first, error: first } })
  }
}
