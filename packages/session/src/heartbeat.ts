import type { Clock, Timer } from "@luxbus/clock"

/** How a connection that says nothing is told from one that has nothing to say. */
export interface HeartbeatOptions {
  /** Silence after which a ping goes out. Default 25 000: below the idle limits of common proxies (30 to 60 s). */
  readonly intervalMs: number
  /** Silence after a ping that ends the connection. Default 8 000: longer than a bad mobile round trip. */
  readonly timeoutMs: number
}

/** What a broker uses, and tells its clients, where it was not told otherwise. */
export const DEFAULT_HEARTBEAT: HeartbeatOptions = Object.freeze({ intervalMs: 25_000, timeoutMs: 8_000 })

export interface HeartbeatEvents {
  ping(): void
  dead(): void
}

/** Watches one connection: pings after silence, and tells when it is dead. Anything that arrives is a sign of life. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #options: HeartbeatOptions
  readonly #events: HeartbeatEvents
  #heardAt: number
  /** When the ping went out that nothing has answered. */
  #pingedAt: number | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, options: HeartbeatOptions, events: HeartbeatEvents) {
    this.#clock = clock
    this.#options = options
    this.#events = events
    this.#heardAt = clock.now()
    this.#set(options.intervalMs)
  }

  /** Something arrived. Called per message: sets no timer. */
  heard(): void {
    this.#heardAt = this.#clock.now()
    this.#pingedAt = undefined
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #set(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => this.#check())
  }

  #check(): void {
    const { intervalMs, timeoutMs } = this.#options
    const now = this.#clock.now()
    // From the ping on, not from the silence: after a sleep of the machine the answer gets its time too.
    const deadline = this.#pingedAt === undefined ? this.#heardAt + intervalMs : this.#pingedAt + timeoutMs
    if (now < deadline) {
      this.#set(deadline - now)
    } else if (this.#pingedAt !== undefined) {
      this.#events.dead()
    } else {
      this.#pingedAt = now
      this.#set(timeoutMs)
      this.#events.ping()
    }
  }
}
