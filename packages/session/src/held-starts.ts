import type { Carrier, StreamEnd } from "@luxbus/dual-stream"
import { BusError } from "@luxbus/packet"

/** STARTs that nobody accepts yet and that are remembered; more are refused. */
export const MAX_HELD_STARTS = 256

/** A START that was told to wait. It holds its address, so that it hears when its writer gives up. */
interface HeldStart extends StreamEnd {
  readonly carrier: Carrier
  readonly address: number
}

function heldStart(carrier: Carrier, address: number, onGone: () => void): HeldStart {
  return {
    carrier,
    address,
    pull: () => false,
    // What came right behind the START is sent again when it is tried again.
    frame() {},
    endRun() {},
    control({ cancel }) {
      if (cancel === undefined) return
      carrier.release(address)
      onGone()
    },
    reset: onGone,
    detach: onGone,
  }
}

/** Streams that peers have started and that nobody accepts yet: told to wait, and later to try again. */
export class HeldStarts {
  readonly #byKey = new Map<string, HeldStart>()

  get size(): number {
    return this.#byKey.size
  }

  /**
   * Tells a peer to wait. A START repeated under the same key takes the place of the one before.
   * @throws BusError `rate_limited` beyond {@link MAX_HELD_STARTS}
   */
  hold(key: string, carrier: Carrier, address: number): void {
    this.forget(key)
    if (this.#byKey.size >= MAX_HELD_STARTS) {
      throw new BusError("rate_limited", "Too many streams wait to be accepted.", {
        details: { limit: MAX_HELD_STARTS },
      })
    }
    const held = heldStart(carrier, address, () => {
      if (this.#byKey.get(key) === held) this.#byKey.delete(key)
    })
    this.#byKey.set(key, held)
    carrier.bind(address, held)
    carrier.control(address, 0, { verdict: { verdict: "wait" } })
  }

  /** Somebody accepts now: all that wait may try again. */
  retry(): void {
    const held = [...this.#byKey.values()]
    this.#byKey.clear()
    for (const { carrier, address } of held) carrier.control(address, 0, { verdict: { verdict: "retry" } })
  }

  /** The START was accepted, or is repeated: its address is another's now. */
  forget(key: string): void {
    const held = this.#byKey.get(key)
    if (held === undefined) return
    this.#byKey.delete(key)
    if (held.carrier.bound(held.address) === held) held.carrier.release(held.address)
  }

  clear(): void {
    for (const key of [...this.#byKey.keys()]) this.forget(key)
  }
}
