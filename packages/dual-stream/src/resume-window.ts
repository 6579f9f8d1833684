import type { Clock, Timer } from "@luxbus/clock"

/** How long a stream waits for a connection on the way to come back before it is over. */
export class ResumeWindow {
  readonly #clock: Clock
  readonly #windowMs: number | undefined
  readonly #events: { suspended(leftMs: number | undefined): void; expired(): void }
  #open = false
  #timer: Timer | undefined

  /** `windowMs` undefined: it waits for ever. */
  constructor(
    clock: Clock,
    windowMs: number | undefined,
    events: { suspended(leftMs: number | undefined): void; expired(): void },
  ) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#events = events
  }

  get suspended(): boolean {
    return this.#open
  }

  /** Begins the wait unless it runs already; `leftMs` is what a broker knows to be left of it, at most the window. */
  suspend(leftMs?: number): void {
    if (this.#open) return
    this.#open = true
    const windowMs = this.#windowMs
    const waitMs = windowMs === undefined ? leftMs : Math.min(leftMs ?? windowMs, windowMs)
    if (windowMs !== undefined) this.#timer = this.#clock.setTimer(waitMs ?? windowMs, () => this.#events.expired())
    this.#events.suspended(waitMs)
  }

  /** The connection is back. @returns whether there was a wait */
  resume(): boolean {
    const wasOpen = this.#open
    this.stop()
    return wasOpen
  }

  /** Ends the wait without a word. Idempotent. */
  stop(): void {
    this.#open = false
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
