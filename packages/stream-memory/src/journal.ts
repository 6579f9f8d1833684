import type { DataLane, Outcome } from "@luxbus/packet"

/** What an implementation answers at once where it can (memory), and later where it must (disk). */
export type MaybePromise<T> = T | Promise<T>

/**
 * A run of consecutive chunks of one lane, as opaque bytes: what is in them is the caller's. Once appended it belongs to
 * the journal: neither its fields nor its bytes may change.
 */
export interface Run {
  readonly lane: DataLane
  /** Number of its first chunk. */
  readonly first: number
  /** How many chunks it holds, from 1. */
  readonly count: number
  /** Number of the first chunk of the message that holds `first`; at most `first`. */
  readonly message: number
  /** Sum of its chunks' costs, as credit counts them. */
  readonly cost: number
  /**
   * The view must be all of its buffer (copied out of the batch it came in): budgets count `byteLength`, and a small view
   * would keep a large buffer alive unseen.
   */
  readonly bytes: Uint8Array
}

/** Where a lane stands in a journal. */
export interface LaneBounds {
  /** The lowest chunk that can be read; `next` when there is none. */
  readonly first: number
  /** The number of the chunk that comes next. */
  readonly next: number
  /** First chunk of the message that holds `first`. Of a lane that holds nothing: `first`; the next run says more. */
  readonly message: number
  /** Sum of the costs of the evicted chunks below `first`: the `at` of a gap. */
  readonly costBelow: number
}

/** The first numbers of a journal that begins later than its stream. */
export interface FirstNumbers {
  readonly main: number
  readonly error: number
}

/**
 * The memory of one hosted stream of one epoch: both data lanes and the outcome. Its own retention evicts whole runs, the
 * oldest of either lane first and never the newest; a caller that bounds otherwise evicts by itself.
 *
 * An implementation answers synchronously or by promise; a failure is thrown or rejects accordingly, always a BusError.
 * After `close()` the methods fail with `closed`; what was pending settles one way or the other. `outcome` and
 * `heldBytes` stay readable.
 */
export interface Journal {
  /**
   * Appends runs, in order, all or none; settles once they have reached the declared durability. It need not be awaited
   * before the next call: calls take effect in their order. The array is the caller's again when this returns.
   * @throws BusError `invalid_argument` when a run is malformed, or is not contiguous with what was appended before on
   *   its lane (`details.next` is the number expected); `invalid_state` after `finish`; `storage`; `closed`
   */
  append(runs: readonly Run[]): MaybePromise<void>
  /**
   * Reads runs of one lane in order, from the one that holds `from` (and may begin below it). Gives only what has reached
   * the declared durability, so that an offset never names two things.
   * @param maxBytes stops before the bytes of the runs exceed this; one run is given whatever its size
   * @returns the runs; empty when `from` is the lane's next number
   * @throws BusError `gap` when `from` was evicted (`details.first` is the lowest number that can be read);
   *   `invalid_argument` when it was never appended; `storage`; `closed`
   */
  read(lane: DataLane, from: number, maxBytes: number): MaybePromise<readonly Run[]>
  /**
   * Where the lane stands, counting what can be read.
   * @throws BusError `closed`
   */
  bounds(lane: DataLane): LaneBounds
  /**
   * Lets go of the oldest runs of either lane, in the order in which they were appended, even of the newest: for who
   * bounds by more than bytes. They can no longer be read, and `bounds` tells so when this returns.
   * @param runs how many; more than there are: all
   * @throws BusError `closed`
   */
  evict(runs: number): void
  /**
   * Ends the stream: no run is appended after it.
   * @returns the outcome that holds: the first one wins, later ones change nothing
   * @throws BusError `storage`; `closed`
   */
  finish(outcome: Outcome): MaybePromise<Outcome>
  /** The outcome, once there is one. */
  readonly outcome: Outcome | undefined
  /** Bytes that the runs really take, what each takes beside its own bytes included. */
  readonly heldBytes: number
  /** Lets go of the journal; its content stays in the store. Idempotent. */
  close(): void
}

/**
 * Journals by stream name and epoch. Each epoch is a journal of its own.
 *
 * After `close()` every method but `close()` fails with `closed`.
 */
export interface JournalStore {
  /**
   * Opens a journal, empty when the store does not have it.
   * @param epoch u32
   * @param from first numbers of a new journal, default 0; of no account when the store has it
   * @throws BusError `invalid_state` while it is open (`details.state`); `invalid_argument`; `storage`; `closed`
   */
  open(name: string, epoch: number, from?: FirstNumbers): MaybePromise<Journal>
  /**
   * Deletes a journal and closes it if it is open. Does nothing when there is none.
   * @throws BusError `storage`; `closed`
   */
  remove(name: string, epoch: number): MaybePromise<void>
  /**
   * The highest epoch that the store has of a name; undefined when it has none, or no longer.
   * @throws BusError `storage`; `closed`
   */
  lastEpoch(name: string): MaybePromise<number | undefined>
  /** Closes the store and every journal that is open. Idempotent. */
  close(): void
}
