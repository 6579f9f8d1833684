import { BusError, type ErrorCode, toHex, WRITER_LIMITS } from "@luxbus/packet"
import { RangeSet } from "./range-set.ts"

const SESSION_BYTES = 32

/** How a stream ended: its reader has taken all of it, or it was reset with this code. */
export type StreamEnding = "complete" | ErrorCode

/** Options of {@link Tombstones}. */
export interface TombstonesOptions {
  /** Default `WRITER_LIMITS.tombstoneRanges`: of a session whose streams end in the order in which they began, all fit. */
  readonly maxRanges?: number
}

/**
 * Which streams have ended, and how: a START that is repeated, or that comes late, must not create one of them again.
 * What is remembered of a stream is its `seq` (session id, counter), in ranges of the counter: a million streams that
 * ended alike cost as much as one. Beyond the bound the session whose streams ended longest ago is forgotten first, from
 * its oldest stream on.
 */
export class Tombstones {
  readonly #maxRanges: number
  /** By session id in hexadecimal; the one that ended a stream last is the last. */
  readonly #sessions = new Map<string, Map<StreamEnding, RangeSet>>()
  #rangeCount = 0

  constructor(options: TombstonesOptions = {}) {
    this.#maxRanges = options.maxRanges ?? WRITER_LIMITS.tombstoneRanges
  }

  /** Ranges that are kept, over all sessions. */
  get rangeCount(): number {
    return this.#rangeCount
  }

  /** Sessions of which anything is kept. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /**
   * A stream has ended. Its first ending stands.
   * @param seq 40 bytes: session id, counter
   * @throws BusError `protocol` for a counter over 2^53−1
   */
  add(seq: Uint8Array, ending: StreamEnding): void {
    if (this.get(seq) !== undefined) return
    const session = sessionOf(seq)
    const endings = this.#sessions.get(session) ?? new Map<StreamEnding, RangeSet>()
    const counters = endings.get(ending) ?? new RangeSet()
    endings.set(ending, counters)
    this.#sessions.delete(session)
    this.#sessions.set(session, endings)
    this.#rangeCount -= counters.rangeCount
    counters.add(counterOf(seq))
    this.#rangeCount += counters.rangeCount
    while (this.#rangeCount > this.#maxRanges) this.#forgetOldest()
  }

  /**
   * How the stream ended; undefined for one that has not, or that is no longer remembered.
   * @throws BusError `protocol` for a counter over 2^53−1
   */
  get(seq: Uint8Array): StreamEnding | undefined {
    const counter = counterOf(seq)
    for (const [ending, counters] of this.#sessions.get(sessionOf(seq)) ?? []) {
      if (counters.has(counter)) return ending
    }
    return undefined
  }

  #forgetOldest(): void {
    for (const [session, endings] of this.#sessions) {
      const oldest = [...endings].reduce((a, b) => (lowest(a[1]) <= lowest(b[1]) ? a : b))
      const [ending, counters] = oldest
      const [range] = counters.list(1)
      if (range !== undefined) counters.removeBelow(range[1] + 1)
      this.#rangeCount--
      if (counters.rangeCount === 0) endings.delete(ending)
      if (endings.size === 0) this.#sessions.delete(session)
      return
    }
  }
}

function sessionOf(seq: Uint8Array): string {
  return toHex(seq.subarray(0, SESSION_BYTES))
}

function counterOf(seq: Uint8Array): number {
  const view = new DataView(seq.buffer, seq.byteOffset + SESSION_BYTES, 8)
  const counter = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4)
  if (Number.isSafeInteger(counter)) return counter
  throw new BusError("protocol", "A seq's counter is over 2^53−1.")
}

function lowest(counters: RangeSet): number {
  return counters.list(1)[0]?.[0] ?? Number.POSITIVE_INFINITY
}
