import type { Clock, Timer } from "@luxbus/clock"

/** Notices that nobody has read a stream for as long as its writer wants to write for nobody. */
export class AbandonWatch {
  readonly #clock: Clock
  readonly #abandonMs: number | undefined
  readonly #abandoned: () => void
  #timer: Timer | undefined

  /** @param abandonMs undefined: for ever */
  constructor(clock: Clock, abandonMs: number | undefined, abandoned: () => void) {
    this.#clock = clock
    this.#abandonMs = abandonMs
    this.#abandoned = abandoned
  }

  /** So many read it now. */
  readers(count: number): void {
    if (count > 0) this.stop()
    else if (this.#abandonMs !== undefined) this.#timer ??= this.#clock.setTimer(this.#abandonMs, this.#abandoned)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
