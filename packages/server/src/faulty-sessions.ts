import { BusError, LIMITS, toHex } from "@luxbus/packet"

/** Sessions that are remembered; the oldest goes. A client that makes a new session each time gains nothing by it. */
const MAX_SESSIONS = 4_096

/** Which sessions sent what cannot be read, in how many connections in a row. */
export class FaultySessions {
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#counts.size
  }

  /** A welcomed connection is over: by a fault of its client's, or not. */
  closed(session: Uint8Array, isFault: boolean): void {
    const key = toHex(session)
    const count = this.#counts.get(key) ?? 0
    this.#counts.delete(key)
    if (!isFault) return
    this.#counts.set(key, count + 1)
    const [oldest] = this.#counts.keys()
    if (oldest !== undefined && this.#counts.size > MAX_SESSIONS) this.#counts.delete(oldest)
  }

  /** @throws BusError `protocol` where the session is over: the same bytes would close every connection of it */
  check(session: Uint8Array): void {
    if ((this.#counts.get(toHex(session)) ?? 0) < LIMITS.framingFaults) return
    throw new BusError("protocol", `${LIMITS.framingFaults} faults in a row have ended this session.`)
  }
}
