import type { Clock, Timer } from "@luxbus/clock"

/** What a {@link ProcessClock} is a part of. */
export interface SharedClock {
  now(): number
  wallNow(): number
  setTimer(delayMs: number, callback: () => void): Timer
  defer(callback: () => void): void
}

/** The clock of one simulated process: it counts what the process has set, and dies with it. */
export class ProcessClock implements Clock {
  readonly name: string
  readonly #shared: SharedClock
  readonly #pending = new Set<Timer>()
  #aheadMs = 0
  #wallAheadMs = 0
  #dead = false

  constructor(name: string, shared: SharedClock) {
    this.name = name
    this.#shared = shared
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.#pending.size
  }

  get dead(): boolean {
    return this.#dead
  }

  now(): number {
    return this.#shared.now() + this.#aheadMs
  }

  wallNow(): number {
    return this.#shared.wallNow() + this.#wallAheadMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (this.#dead) return { cancel: () => {} }
    const shared = this.#shared.setTimer(delayMs, () => {
      this.#pending.delete(timer)
      callback()
    })
    const timer: Timer = {
      cancel: () => {
        this.#pending.delete(timer)
        shared.cancel()
      },
    }
    this.#pending.add(timer)
    return timer
  }

  defer(callback: () => void): void {
    if (this.#dead) return
    this.#shared.defer(() => {
      if (!this.#dead) callback()
    })
  }

  /** Resolves after `ms`; never, once the process is dead. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.setTimer(ms, resolve))
  }

  /** The process was asleep for `ms`, as a lid that was closed: its timers come late by that much, by its own clock. */
  sleptFor(ms: number): void {
    this.#aheadMs += ms
    this.#wallAheadMs += ms
  }

  /** Somebody set the time of day, forward or back. */
  setWall(byMs: number): void {
    this.#wallAheadMs += byMs
  }

  /** The process is killed: nothing that it has set will happen. */
  kill(): void {
    this.#dead = true
    for (const timer of [...this.#pending]) timer.cancel()
  }
}
