import { setImmediate } from "node:timers/promises"
import type { Timer } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { ProcessClock, type SharedClock } from "./process-clock.ts"

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

  /** Lets everything happen that needs no time. A real turn of the event loop lets the promises settle. */
  async settle(): Promise<void> {
    do {
      this.#clock.settle()
      await setImmediate()
    } while (this.#deferred > 0)
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
      this.#steps++
      await this.settle()
    }
    deadline.cancel()
    return isOver()
  }
}
