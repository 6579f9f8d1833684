/** A timer that was set and can be taken back. */
export interface Timer {
  /** Takes the timer back. Does nothing once it has fired or was cancelled. */
  cancel(): void
}

/**
 * Time as the core sees it. The core owns no clock of its own, so the same code runs in a browser, in a broker and,
 * under a `ManualClock`, in a test that takes no time.
 */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never runs backwards. */
  now(): number
  /** Milliseconds since the Unix epoch; may jump. Only for what people and other machines read. */
  wallNow(): number
  /** Calls `callback` once, not before `delayMs` milliseconds have passed and never before this call returns. */
  setTimer(delayMs: number, callback: () => void): Timer
  /**
   * Calls `callback` once at the end of this turn: after the work that is already under way, before the loop waits.
   * What many small writes want to share (one batch, one socket write) hangs on it.
   */
  defer(callback: () => void): void
}

/** Chance as the core sees it. */
export interface Random {
  /** A number in [0, 1). Not for secrets. */
  float(): number
  /** `length` random bytes, fit for secrets where the source is `systemRandom`. */
  bytes(length: number): Uint8Array
}
