import type { Carrier, ControlOutput, StreamEnd } from "@luxbus/dual-stream"
import { Lane } from "@luxbus/packet"

/**
 * What is to be said on a new connection, step by step, as the connection has room: what it brings about at the broker
 * and at peers comes as slowly. It holds an address of its own until it is over, by which it is pulled from.
 */
export class Resumption implements StreamEnd {
  readonly #carrier: Carrier
  readonly #address: number
  readonly #steps: Iterator<void>

  /** @param steps each says one thing */
  constructor(carrier: Carrier, steps: Iterator<void>) {
    this.#carrier = carrier
    this.#steps = steps
    this.#address = carrier.allocate(this)
    carrier.wake(this.#address, Lane.control)
  }

  pull(lane: Lane, output: ControlOutput): boolean {
    if (lane !== Lane.control) return false
    while (output.room > 0) {
      if (!this.#steps.next().done) continue
      this.#carrier.release(this.#address)
      return false
    }
    return true
  }

  frame(): void {}

  endRun(): void {}

  control(): void {}

  reset(): void {}

  detach(): void {}
}
