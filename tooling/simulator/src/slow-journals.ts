import { type DataLane, Lane, type Outcome } from "@luxbus/packet"
import {
  type FirstNumbers,
  type Journal,
  type JournalStore,
  type MaybePromise,
  MemoryJournalStore,
  type Run,
} from "@luxbus/stream-memory"
import type { VirtualTime } from "./virtual-time.ts"

/**
 * A store whose journals answer late, as a disk does: a run counts, and can be read, only once it is answered for. It
 * knows what that is, so that nothing else is delivered. Without a delay it answers at once.
 */
export class SlowJournals implements JournalStore {
  readonly #time: VirtualTime
  readonly #store: MemoryJournalStore
  readonly #delayMs: () => number
  readonly #journals = new Map<string, SlowJournal>()
  #killed = false

  /** @param delayMs how late the next answer comes */
  constructor(time: VirtualTime, maxBytes: number | undefined, delayMs: () => number) {
    this.#time = time
    this.#store = new MemoryJournalStore(maxBytes === undefined ? {} : { maxBytes })
    this.#delayMs = delayMs
  }

  /** The number after the last chunk that has been answered for. */
  journaled(name: string, epoch: number, lane: DataLane): number {
    return this.#journals.get(`${epoch} ${name}`)?.journaled(lane) ?? 0
  }

  open(name: string, epoch: number, from?: FirstNumbers): Journal {
    const after = (ms: number, callback: () => void) => void this.#time.setTimer(ms, () => this.#killed || callback())
    const journal = new SlowJournal(this.#store.open(name, epoch, from), {
      now: () => this.#time.now(),
      after,
      delayMs: this.#delayMs,
    })
    this.#journals.set(`${epoch} ${name}`, journal)
    return journal
  }

  /** What it had answered for is remembered: it may be on its way still. */
  remove(name: string, epoch: number): void {
    this.#store.remove(name, epoch)
  }

  lastEpoch(name: string): number | undefined {
    return this.#store.lastEpoch(name)
  }

  close(): void {
    this.#store.close()
  }

  /** The process that asks is killed: no answer reaches it any more. */
  kill(): void {
    this.#killed = true
  }
}

interface Delays {
  now(): number
  after(ms: number, callback: () => void): void
  /** How late the next answer comes. */
  delayMs(): number
}

class SlowJournal implements Journal {
  readonly #journal: Journal
  readonly #delays: Delays
  readonly #next: { main: number; error: number }
  /** When the answer before comes: later ones come behind it. */
  #busyUntilMs = 0
  readonly #pending: (() => void)[] = []

  constructor(journal: Journal, delays: Delays) {
    this.#journal = journal
    this.#delays = delays
    this.#next = { main: journal.bounds(Lane.main).next, error: journal.bounds(Lane.error).next }
  }

  journaled(lane: DataLane): number {
    return lane === Lane.main ? this.#next.main : this.#next.error
  }

  append(runs: readonly Run[]): MaybePromise<void> {
    // The array is the caller's again.
    const taken = [...runs]
    return this.#later(() => {
      this.#journal.append(taken)
      for (const { lane, first, count } of taken) this.#next[lane === Lane.main ? "main" : "error"] = first + count
    })
  }

  read(lane: DataLane, from: number, maxBytes: number): MaybePromise<readonly Run[]> {
    return this.#journal.read(lane, from, maxBytes)
  }

  bounds(lane: DataLane) {
    return this.#journal.bounds(lane)
  }

  evict(runs: number): void {
    this.#journal.evict(runs)
  }

  finish(outcome: Outcome): MaybePromise<Outcome> {
    return this.#later(() => this.#journal.finish(outcome) as Outcome)
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

  #later<T>(work: () => T): MaybePromise<T> {
    const now = this.#delays.now()
    const at = Math.max(this.#busyUntilMs, now + this.#delays.delayMs())
    if (at <= now && this.#pending.length === 0) return work()
    this.#busyUntilMs = at
    return new Promise((resolve, reject) => {
      this.#pending.push(() => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
      // Whose turn it is: two timers for one instant may be a rounding error apart.
      this.#delays.after(at - now, () => this.#pending.shift()?.())
    })
  }
}
