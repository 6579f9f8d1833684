import { BusError } from "@luxbus/packet"
import type { FirstNumbers, Journal, JournalStore } from "./journal.ts"
import { createRunRing, type MemoryJournalOptions, RunRingJournal } from "./memory-journal.ts"
import type { RunRing } from "./run-ring.ts"

/** Options of a {@link MemoryJournalStore}. */
export interface MemoryJournalStoreOptions {
  /** What each journal may take; see {@link MemoryJournalOptions}. Default 64 MiB. */
  readonly maxBytes?: number
}

interface Stored {
  readonly ring: RunRing
  journal: Journal | undefined
}

const MAX_EPOCH = 0xffff_ffff

/**
 * Journals in memory. Content stays when its journal is closed, until it is removed or the store is closed; of what was
 * removed nothing is kept, its name and epoch included.
 */
export class MemoryJournalStore implements JournalStore {
  readonly #options: MemoryJournalOptions
  readonly #streams = new Map<string, Map<number, Stored>>()
  #closed = false

  /** @throws BusError `invalid_argument` when `maxBytes` is out of its range */
  constructor(options: MemoryJournalStoreOptions = {}) {
    this.#options = options
    createRunRing(options)
  }

  open(name: string, epoch: number, from?: FirstNumbers): Journal {
    this.#assertOpen()
    if (!Number.isInteger(epoch) || epoch < 0 || epoch > MAX_EPOCH)
      throw new BusError("invalid_argument", `an epoch is a number of 32 bits: ${epoch}`)
    const stored = this.#stored(name, epoch, from)
    if (stored.journal !== undefined)
      throw new BusError("invalid_state", `the journal of ${name} is open`, { details: { state: "open", epoch } })
    stored.journal = new RunRingJournal(stored.ring, () => {
      stored.journal = undefined
    })
    return stored.journal
  }

  remove(name: string, epoch: number): void {
    this.#assertOpen()
    const epochs = this.#streams.get(name)
    epochs?.get(epoch)?.journal?.close()
    epochs?.delete(epoch)
    if (epochs?.size === 0) this.#streams.delete(name)
  }

  lastEpoch(name: string): number | undefined {
    this.#assertOpen()
    let last: number | undefined
    for (const epoch of this.#streams.get(name)?.keys() ?? []) if (last === undefined || epoch > last) last = epoch
    return last
  }

  close(): void {
    this.#closed = true
    for (const epochs of this.#streams.values()) for (const stored of epochs.values()) stored.journal?.close()
    this.#streams.clear()
  }

  #stored(name: string, epoch: number, from: FirstNumbers | undefined): Stored {
    const known = this.#streams.get(name)?.get(epoch)
    if (known !== undefined) return known
    const ring = createRunRing(from === undefined ? this.#options : { ...this.#options, from })
    const stored: Stored = { ring, journal: undefined }
    const epochs = this.#streams.get(name) ?? new Map<number, Stored>()
    this.#streams.set(name, epochs.set(epoch, stored))
    return stored
  }

  #assertOpen(): void {
    if (this.#closed) throw new BusError("closed", "the journal store is closed")
  }
}
