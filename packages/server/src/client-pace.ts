import type { Clock, Timer } from "@luxbus/clock"
import type { BusError } from "@luxbus/packet"
import type { Pace } from "@luxbus/session"
import type { ClientLimits } from "./rate-limits.ts"

/** What every platform's timer takes: 31 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface ClientPaceEvents {
  /** The client owes nothing any more: it may be given credit. */
  renew(): void
  /** It sends what it was given no credit for. */
  overdrawn(error: BusError): void
}

/** Lets one connection send as fast as its client's limits allow: by when it is given credit. */
export class ClientPace implements Pace {
  readonly #clock: Clock
  readonly #limits: ClientLimits
  readonly #events: ClientPaceEvents
  #timer: Timer | undefined

  constructor(clock: Clock, limits: ClientLimits, events: ClientPaceEvents) {
    this.#clock = clock
    this.#limits = limits
    this.#events = events
  }

  took(frames: number, bytes: number): boolean {
    this.#limits.took(frames, bytes)
    try {
      this.#limits.assertSolvent()
    } catch (error) {
      this.#events.overdrawn(error as BusError)
      return false
    }
    if (this.#timer === undefined) this.#wait()
    return this.#timer === undefined
  }

  overrun(): boolean {
    if (this.#timer === undefined) return false
    this.#events.overdrawn(this.#limits.overdrawn())
    return true
  }

  /** The connection is over. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** What is sent meanwhile, as credit was given before, is waited for too. */
  #wait(): void {
    const { owedMs } = this.#limits
    if (owedMs === 0) return
    this.#timer = this.#clock.setTimer(Math.min(owedMs, MAX_TIMER_MS), () => {
      this.#timer = undefined
      this.#wait()
      if (this.#timer === undefined) this.#events.renew()
    })
  }
}
