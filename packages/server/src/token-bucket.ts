import type { Clock } from "@luxbus/clock"

/** How much a client may do. */
export interface Rate {
  /** In the long run. Above 0. */
  readonly perSecond: number
  /** At once, after having done nothing for a while; 1 or more. Default: what a second allows, at least 1. */
  readonly burst?: number
}

/** Sums of fractions are not exact: so much of one is no want. */
const TOLERANCE = 1e-6

/** What is left of a rate: it fills up as time passes, and may be owed. Source: the token bucket of RFC 2697, with debt. */
export class TokenBucket {
  readonly #clock: Clock
  readonly #perMs: number
  readonly #burst: number
  #left: number
  #atMs: number

  constructor(clock: Clock, { perSecond, burst = Math.max(1, perSecond) }: Rate) {
    this.#clock = clock
    this.#perMs = perSecond / 1_000
    this.#burst = burst
    this.#left = burst
    this.#atMs = clock.now()
  }

  /** How much was taken that was not there; 0 where all was. */
  get owed(): number {
    this.#fill()
    return Math.max(0, -this.#left)
  }

  /** Whole milliseconds until nothing is owed. */
  get owedMs(): number {
    return this.#msUntil(0)
  }

  /**
   * Takes one, if it is there.
   * @returns 0, or the whole milliseconds after which it will be
   */
  tryTake(): number {
    const waitMs = this.#msUntil(1)
    if (waitMs === 0) this.#left -= 1
    return waitMs
  }

  /** Takes what has come, there or not. */
  take(count: number): void {
    this.#fill()
    this.#left -= count
  }

  #msUntil(wanted: number): number {
    this.#fill()
    return Math.max(0, Math.ceil((wanted - this.#left - TOLERANCE) / this.#perMs))
  }

  #fill(): void {
    const now = this.#clock.now()
    this.#left = Math.min(this.#burst, this.#left + (now - this.#atMs) * this.#perMs)
    this.#atMs = now
  }
}
