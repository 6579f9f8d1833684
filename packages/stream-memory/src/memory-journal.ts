import { BusError, type DataLane, type Outcome } from "@luxbus/packet"
import type { FirstNumbers, Journal, LaneBounds, Run } from "./journal.ts"
import { RunRing } from "./run-ring.ts"

/** Options of a {@link MemoryJournal}. */
export interface MemoryJournalOptions {
  /**
   * What the runs of both lanes may take together, {@link RUN_OVERHEAD_BYTES} for each run included. Default 64 MiB: a
   * long build log, or minutes of a fast stream, and still a sum that a broker can afford for some streams at once.
   */
  readonly maxBytes?: number
  /** The first numbers of the lanes. Default 0. */
  readonly from?: FirstNumbers
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024
const FROM_START: FirstNumbers = { main: 0, error: 0 }

/** Makes what a journal in memory holds, out of its options. Throws BusError `invalid_argument`. */
export function createRunRing(options: MemoryJournalOptions): RunRing {
  const { maxBytes = DEFAULT_MAX_BYTES, from = FROM_START } = options
  if (!(maxBytes >= 0)) throw new BusError("invalid_argument", `maxBytes must be a number from 0: ${maxBytes}`)
  for (const first of [from.main, from.error]) {
    if (!Number.isSafeInteger(first) || first < 0)
      throw new BusError("invalid_argument", `a first number must be a whole number from 0: ${first}`)
  }
  return new RunRing(maxBytes, from)
}

/** A journal over runs in memory: it adds being open or closed, and answers everything at once. */
export class RunRingJournal implements Journal {
  #ring: RunRing | undefined
  #onClose: (() => void) | undefined
  #outcome: Outcome | undefined

  constructor(ring: RunRing, onClose?: () => void) {
    this.#ring = ring
    this.#onClose = onClose
  }

  append(runs: readonly Run[]): void {
    this.#open().append(runs)
  }

  read(lane: DataLane, from: number, maxBytes: number): readonly Run[] {
    return this.#open().lane(lane).read(from, maxBytes)
  }

  bounds(lane: DataLane): LaneBounds {
    return this.#open().lane(lane).bounds()
  }

  evict(runs: number): void {
    this.#open().evict(runs)
  }

  finish(outcome: Outcome): Outcome {
    const ring = this.#open()
    ring.outcome ??= outcome
    return ring.outcome
  }

  get outcome(): Outcome | undefined {
    return this.#ring === undefined ? this.#outcome : this.#ring.outcome
  }

  get heldBytes(): number {
    return this.#ring?.heldBytes ?? 0
  }

  close(): void {
    if (this.#ring === undefined) return
    this.#outcome = this.#ring.outcome
    this.#ring = undefined
    this.#onClose?.()
    // It may hold the runs too, and a closed journal may be kept for its outcome.
    this.#onClose = undefined
  }

  #open(): RunRing {
    if (this.#ring === undefined) throw new BusError("closed", "the journal is closed")
    return this.#ring
  }
}

/**
 * A journal in memory, on its own: a ring that evicts the oldest runs of either lane, whole, and never the newest, even
 * where that one exceeds the budget alone. It answers everything at once, gives out the runs as they were appended,
 * without a copy, and lets go of them when it evicts or closes. Appending and evicting are O(1), amortised; finding the
 * start of a read is O(log n).
 *
 * Its durability is the life of the process. Journals that outlive their handles come from a `MemoryJournalStore`.
 */
export class MemoryJournal extends RunRingJournal {
  /** @throws BusError `invalid_argument` when an option is out of its range */
  constructor(options: MemoryJournalOptions = {}) {
    super(createRunRing(options))
  }
}
