import { WRITER_LIMITS } from "@luxbus/packet"

/** One lane of one writer, as a budget sees it. */
export interface BudgetHolder {
  /** Cost of all chunks that it holds. */
  readonly heldCost: number
  /** It may hold more. Told again with each change, until it has written. */
  room(): void
}

/**
 * What one lane of all streams of a session may hold together. Each may hold as much as is left, up to its own bound: so
 * the more streams are full, the less each of them holds, and one that holds nothing finds room until nothing is left at
 * all. (A. K. Choudhury, E. L. Hahne, Dynamic queue length thresholds for shared-memory packet switches, 1998.)
 *
 * Those that were refused are told in the order in which they last wrote: none waits behind one that writes again.
 */
export class LaneBudget {
  readonly #bytes: number
  readonly #streamBytes: number
  readonly #waiting = new Set<BudgetHolder>()
  #heldCost = 0

  /**
   * @param bytes of all streams. The chunk that uses them up may pass them
   * @param streamBytes of one stream
   */
  constructor(bytes: number, streamBytes: number) {
    this.#bytes = bytes
    this.#streamBytes = streamBytes
  }

  /** Cost of all chunks that are held. */
  get heldCost(): number {
    return this.#heldCost
  }

  /** Lanes that were refused and have not written since. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Whether a lane may hold another chunk; if not, its `room` is called when it may. */
  admit(holder: BudgetHolder): boolean {
    if (this.#allows(holder)) return true
    this.#waiting.add(holder)
    return false
  }

  /** The lane has written: others that wait come first from now on. */
  wrote(holder: BudgetHolder): void {
    this.#waiting.delete(holder)
  }

  /** A lane holds so much more, or less. */
  changed(cost: number): void {
    this.#heldCost += cost
    if (cost >= 0 || this.#heldCost >= this.#bytes) return
    for (const holder of this.#waiting) if (this.#allows(holder)) holder.room()
  }

  #allows({ heldCost }: BudgetHolder): boolean {
    return heldCost < Math.min(this.#streamBytes, this.#bytes - this.#heldCost)
  }
}

/**
 * What all writers of a session hold together: `WRITER_LIMITS.sessionSendMemoryBytes`. The error lanes have a part of their own,
 * as large beside the whole as one stream's error lane is beside its main lane: so main never makes an error wait.
 */
export class SendBudget {
  readonly main: LaneBudget
  readonly error: LaneBudget

  constructor() {
    const { sendMemoryBytes, errorMemoryBytes, sessionSendMemoryBytes } = WRITER_LIMITS
    const errorBytes = (sessionSendMemoryBytes * errorMemoryBytes) / sendMemoryBytes
    this.main = new LaneBudget(sessionSendMemoryBytes - errorBytes, sendMemoryBytes)
    this.error = new LaneBudget(errorBytes, errorMemoryBytes)
  }
}
