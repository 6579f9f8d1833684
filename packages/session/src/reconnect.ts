import type { Clock, Random, Timer } from "@luxbus/clock"

/** The first pause is drawn from up to this. */
export const RECONNECT_FIRST_MS = 250
/** During the first two minutes of an outage a pause is at most this, so that a short one stays short. */
export const RECONNECT_SOON_MS = 4_000
/** Afterwards, at most this. */
export const RECONNECT_LATE_MS = 30_000
/** When "soon" turns into "late". */
export const RECONNECT_PATIENCE_MS = 120_000

/** Doublings that reach {@link RECONNECT_LATE_MS}, and keep the power finite. */
const MAX_DOUBLINGS = 16

/**
 * When to try again: full jitter, so that the clients of a broker that restarts do not come all at once.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export class Reconnect {
  readonly #clock: Clock
  readonly #random: Random
  #attempts = 0
  #since: number | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Attempts since the connection was lost. */
  get attempts(): number {
    return this.#attempts
  }

  /**
   * Calls `attempt` after the next pause, drawn from 0 to a ceiling that doubles from {@link RECONNECT_FIRST_MS}; not
   * before `atLeastMs`, which a broker that goes away may ask for.
   */
  schedule(attempt: () => void, atLeastMs = 0): void {
    this.#since ??= this.#clock.now()
    const outageMs = this.#clock.now() - this.#since
    const mostMs = outageMs < RECONNECT_PATIENCE_MS ? RECONNECT_SOON_MS : RECONNECT_LATE_MS
    const ceilingMs = Math.min(mostMs, RECONNECT_FIRST_MS * 2 ** Math.min(this.#attempts, MAX_DOUBLINGS))
    const pauseMs = this.#random.float() * ceilingMs
    this.#attempts++
    this.stop()
    this.#timer = this.#clock.setTimer(Math.max(atLeastMs, pauseMs), attempt)
  }

  /** The connection is back: the next outage begins anew. */
  succeeded(): void {
    this.#attempts = 0
    this.#since = undefined
  }

  /** Takes the next attempt back. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
