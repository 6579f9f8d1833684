import { type Clock, systemClock, type Timer } from "@luxbus/clock"

interface Pending {
  readonly at: number
  readonly callback: () => void
  readonly timer: Timer
}

/** The platform's clock, that can leap: what would happen within minutes happens now. */
export class LeapingClock implements Clock {
  readonly #clock = systemClock()
  readonly #pending = new Set<Pending>()
  #leapt = 0

  now(): number {
    return this.#clock.now() + this.#leapt
  }

  wallNow(): number {
    return this.#clock.wallNow() + this.#leapt
  }

  defer(callback: () => void): void {
    this.#clock.defer(callback)
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = this.#clock.setTimer(delayMs, () => this.#fire(pending))
    const pending: Pending = { at: this.now() + delayMs, callback, timer }
    this.#pending.add(pending)
    return { cancel: () => this.#remove(pending) }
  }

  /** Moves on by `ms`, firing what falls due on the way, in order of time. */
  leap(ms: number): void {
    const target = this.now() + ms
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#leapt += Math.max(0, next.at - this.now())
      this.#fire(next)
    }
    this.#leapt += Math.max(0, target - this.now())
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.at <= until && (first === undefined || pending.at < first.at)) first = pending
    }
    return first
  }

  #fire(pending: Pending): void {
    this.#remove(pending)
    pending.callback()
  }

  #remove(pending: Pending): void {
    pending.timer.cancel()
    this.#pending.delete(pending)
  }
}
