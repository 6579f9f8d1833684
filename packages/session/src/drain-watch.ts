import type { Clock, Timer } from "@luxbus/clock"
import { BusError } from "@luxbus/packet"
import { type Connection, HIGH_WATER } from "@luxbus/transport"

/** A full transport that passes nothing on for this long is dead: its peer does not read. */
export const NO_DRAIN_MS = 10_000

/** Watches a full transport: it must pass something on in every {@link NO_DRAIN_MS}. */
export class DrainWatch {
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #stuck: (error: BusError) => void
  #timer: Timer | undefined

  constructor(components: {
    readonly clock: Clock
    readonly connection: Connection
    readonly stuck: (error: BusError) => void
  }) {
    this.#clock = components.clock
    this.#connection = components.connection
    this.#stuck = components.stuck
  }

  /** The transport is full. */
  begin(): void {
    if (this.#timer !== undefined) return
    const before = this.#connection.undrainedBytes
    this.#timer = this.#clock.setTimer(NO_DRAIN_MS, () => {
      this.#timer = undefined
      const now = this.#connection.undrainedBytes
      if (now >= before) this.#stuck(new BusError("connection_lost", "The other side has stopped reading."))
      else if (now >= HIGH_WATER) this.begin()
    })
  }

  /** It has drained, or the connection is over. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
