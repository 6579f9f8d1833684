import { setImmediate } from "node:timers/promises"
import type { Timer } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { ProcessClock, type SharedClock } from "./process-clock.ts"

/** Turns of the event loop at one moment of virtual time; more go on for ever. */
const MAX_TURNS = 10_000
/** Timers that may fire in one run: ten times more than any run was seen to need. */
const MAX_STEPS = 1_000_000

/** The time of one run: it moves only when everything that could happen now has happened, promises included. */
export class VirtualTime implements SharedClock {
  readonly #clock = new ManualClock()
  #deferred = 0
  #steps = 0

  /** Timers that fired: how much a run has done. */
  get steps(): number {
    return this.#steps
  }

  /** Timers that are set, of all processes and of the network. */
  get pendingTimers(): number {
    return this.#clock.pendingTimers
  }

  now(): number {
    return this.#clock.now()
  }

  wallNow(): number {
    return this.#clock.wallNow()
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#clock.setTimer(delayMs, callback)
  }

  defer(callback: () => void): void {
    this.#deferred++
    this.#clock.defer(() => {
      this.#deferred--
      callback()
    })
  }

  /** The clock of one more process. */
  process(name: string): ProcessClock {
    return new ProcessClock(name, this)
  }

  /**
   * Lets everything happen that needs no time. A real turn of the event loop lets the promises settle.
   * @throws Error where that has no end
   */
  async settle(): Promise<void> {
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      this.#clock.settle()
      await setImmediate()
      if (this.#deferred === 0) return
    }
    throw new Error(`More goes on at ${this.now()} ms without end.`)
  }

  /**
   * Lets time pass until `isOver`, at most until `untilMs`.
   * @returns whether it is over; false too when nothing is left that could happen
   */
  async run(untilMs: number, isOver: () => boolean): Promise<boolean> {
    let isDue = false
    const deadline = this.#clock.setTimer(Math.max(0, untilMs - this.now()), () => {
      isDue = true
    })
    await this.settle()
    while (!isOver() && !isDue) {
      if (!this.#clock.step()) break
      if (++this.#steps > MAX_STEPS) throw new Error(`More than ${MAX_STEPS} timers fired.`)
      await this.settle()
    }
    deadline.cancel()
    return isOver()
  }
}
