import type { Clock } from "@luxbus/clock"
import { type DataLane, Lane } from "@luxbus/packet"

/**
 * What the application reads of a peer's stream, and which lanes are therefore drained: a lane that is not read must not
 * hold up the other lane or the outcome.
 *
 * An application that begins to read both lanes begins with one of them: a change counts from the end of the turn on.
 */
export class ReadInterest {
  readonly #clock: Clock
  readonly #settled: () => void
  #main = false
  #error = false
  #outcome = false
  #unsettled = false

  /** @param settled there was a change, and it counts now */
  constructor(clock: Clock, settled: () => void) {
    this.#clock = clock
    this.#settled = settled
  }

  /** The application reads the lane. */
  read(lane: DataLane): void {
    this.#set(lane, true)
  }

  /** The application reads the lane no longer. */
  leave(lane: DataLane): void {
    this.#set(lane, false)
  }

  awaitOutcome(): void {
    if (this.#outcome) return
    this.#outcome = true
    this.#changed()
  }

  /** Whether the lane is not read while something else of the stream is awaited. */
  isDrained(lane: DataLane): boolean {
    const isRead = lane === Lane.main ? this.#main : this.#error
    return !this.#unsettled && !isRead && (this.#outcome || this.#main || this.#error)
  }

  #set(lane: DataLane, reads: boolean): void {
    const before = lane === Lane.main ? this.#main : this.#error
    if (before === reads) return
    if (lane === Lane.main) this.#main = reads
    else this.#error = reads
    this.#changed()
  }

  #changed(): void {
    if (this.#unsettled) return
    this.#unsettled = true
    this.#clock.defer(() => {
      this.#unsettled = false
      this.#settled()
    })
  }
}
