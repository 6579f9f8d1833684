import type { Clock, Timer } from "./clock.ts"

interface PendingTimer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/**
 * A clock that stands still until told to move. Timers fire in order of their time, then of their setting; deferred
 * callbacks run before any timer, as the end of a turn comes before the next event.
 */
export class ManualClock implements Clock {
  #now = 0
  #order = 0
  readonly #timers = new Set<PendingTimer>()
  #deferred: (() => void)[] = []

  now(): number {
    return this.#now
  }

  /** The same as `now()`, counted from 2024-01-01T00:00:00Z. */
  wallNow(): number {
    return 1_704_067_200_000 + this.#now
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback)
  }

  /** Timers that are set and have not fired: what a leak test counts back to zero. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Runs what was deferred, and what that defers, until nothing is left. Time does not move. */
  settle(): void {
    while (this.#deferred.length > 0) {
      const callbacks = this.#deferred
      this.#deferred = []
      for (const callback of callbacks) callback()
    }
  }

  /** Settles, then moves time on by `ms`, firing every timer that falls due on the way at its own time. */
  advance(ms: number): void {
    const target = this.#now + ms
    this.settle()
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      this.settle()
    }
    this.#now = target
  }

  /**
   * Settles, then fires the one timer that is due next, wherever it lies.
   * @returns whether there was one
   */
  step(): boolean {
    this.settle()
    const next = this.#next(Number.POSITIVE_INFINITY)
    if (next === undefined) return false
    this.advance(Math.max(0, next.at - this.#now))
    return true
  }

  #next(until: number): PendingTimer | undefined {
    let first: PendingTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at > until) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer
    }
    return first
  }
}
