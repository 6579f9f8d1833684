import type { BrokerCarrier } from "@luxbus/dual-stream"
import { BusError } from "@luxbus/packet"

/** How many readers one connection has or waits for, and whether it is still there. */
export class ConnectionReaders {
  readonly carrier: BrokerCarrier
  readonly #max: number
  /** What takes back each wait for a stream that is not there yet. */
  readonly #waits = new Set<() => void>()
  #count = 0
  #connected = true

  constructor(carrier: BrokerCarrier, max: number) {
    this.carrier = carrier
    this.#max = max
  }

  get connected(): boolean {
    return this.#connected
  }

  get count(): number {
    return this.#count
  }

  /** @throws BusError `rate_limited` when there are as many as may be */
  take(): void {
    if (this.#count >= this.#max) {
      throw new BusError("rate_limited", "too many readers on one connection", { details: { limit: this.#max } })
    }
    this.#count++
  }

  give(): void {
    this.#count--
  }

  /** `forget` is called when the connection is lost before `waited`. */
  waits(forget: () => void): void {
    this.#waits.add(forget)
  }

  waited(forget: () => void): void {
    this.#waits.delete(forget)
  }

  disconnect(): void {
    this.#connected = false
    for (const forget of this.#waits) forget()
    this.#waits.clear()
  }
}
