import type { Clock } from "@luxbus/clock"

/**
 * Allots epochs: above every one that was given to the same name, and at least the time in Unix seconds, so that a
 * broker which forgot everything does not give one again.
 */
export class Epochs {
  readonly #clock: Clock
  /** Above every epoch of a stream that was forgotten: its name is no longer known here. */
  #floor = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `last` is the highest epoch known of the name. */
  next(last: number | undefined): number {
    return Math.max(this.#floor, Math.floor(this.#clock.wallNow() / 1_000), last === undefined ? 0 : last + 1)
  }

  /** Nothing will be kept of a stream of this epoch. */
  forget(epoch: number): void {
    this.#floor = Math.max(this.#floor, epoch + 1)
  }
}
