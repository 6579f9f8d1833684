import type { DataLane, Outcome } from "@luxbus/packet"
import {
  type FirstNumbers,
  type Journal,
  type JournalStore,
  type LaneBounds,
  MemoryJournalStore,
  type Run,
} from "@luxbus/stream-memory"

/** Journals that answer only when told to, in the order of the calls: as a disk would. */
export class SlowJournals implements JournalStore {
  readonly #store: MemoryJournalStore
  readonly #waiting: (() => void)[] = []
  /** Makes the next appends fail. */
  broken: Error | undefined

  /** @param maxBytes what a journal keeps */
  constructor(maxBytes?: number) {
    this.#store = new MemoryJournalStore(maxBytes === undefined ? {} : { maxBytes })
  }

  /** Answers everything that was asked, and what that leads to. */
  async answer(): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet++) {
      for (const go of this.#waiting.splice(0)) {
        quiet = 0
        go()
      }
      await Promise.resolve()
    }
  }

  later<T>(call: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(call())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  open(name: string, epoch: number, from?: FirstNumbers): Promise<Journal> {
    return this.later(() => new SlowJournal(this, this.#store.open(name, epoch, from)))
  }

  remove(name: string, epoch: number): Promise<void> {
    return this.later(() => this.#store.remove(name, epoch))
  }

  lastEpoch(name: string): Promise<number | undefined> {
    return this.later(() => this.#store.lastEpoch(name))
  }

  close(): void {
    this.#store.close()
  }
}

class SlowJournal implements Journal {
  readonly #journals: SlowJournals
  readonly #journal: Journal

  constructor(journals: SlowJournals, journal: Journal) {
    this.#journals = journals
    this.#journal = journal
  }

  append(runs: readonly Run[]): Promise<void> {
    return this.#journals.later(() => {
      if (this.#journals.broken !== undefined) throw this.#journals.broken
      this.#journal.append(runs)
    })
  }

  read(lane: DataLane, from: number, maxBytes: number): Promise<readonly Run[]> {
    return this.#journals.later(() => this.#journal.read(lane, from, maxBytes) as readonly Run[])
  }

  bounds(lane: DataLane): LaneBounds {
    return this.#journal.bounds(lane)
  }

  evict(runs: number): void {
    this.#journal.evict(runs)
  }

  finish(outcome: Outcome): Promise<Outcome> {
    return this.#journals.later(() => this.#journal.finish(outcome) as Outcome)
  }

  get outcome(): Outcome | undefined {
    return this.#journal.outcome
  }

  get heldBytes(): number {
    return this.#journal.heldBytes
  }

  close(): void {
    this.#journal.close()
  }
}
