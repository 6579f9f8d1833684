import type { Clock } from "@luxbus/clock"
import type { BusError, RangeList } from "@luxbus/packet"
import type { Reception } from "@luxbus/stream-memory"
import type { ReadInterest } from "./read-interest.ts"
import type { StreamReader } from "./reader.ts"
import type { ReceiveLane } from "./receive-lane.ts"
import type { UnreadItems } from "./unread-items.ts"

/**
 * Who writes what a reader reads, and what follows from it. Either is handed to a reader: `fromHost` or `fromPeer`; a page
 * that only watches what a broker hosts loads nothing of the other.
 */
export interface ReaderSource {
  /** Whether it is a peer: its credit counts from the lane's start, and its absence ends with `expired`. */
  readonly isPeer: boolean
  /** Whether numbers grow, but not by one. */
  readonly isSparse?: boolean
  /** How a lane's chunks come into their order. */
  order<T>(first: number): LaneOrder<T>
  /** What keeps a lane's items until the application takes them. */
  unread(lane: "main" | "error", first: number, message: number | undefined): UnreadItems
  /** What the application reads, where lanes that it does not read are drained; undefined where nothing is. */
  interest(clock: Clock, settled: () => void): ReadInterest | undefined
  /** Who asks for what a lane misses; undefined where nothing can be missing. */
  watchHoles(clock: Clock, lane: ReceiveLane, events: HoleWatchEvents): LaneHoles | undefined
  /** A hole was asked for often enough (`details` says which): what becomes of the stream. */
  gaveUp?(reader: StreamReader, error: BusError): void
}

/** The order of one lane's chunks. See `ReceiveMemory`, which is one. */
export interface LaneOrder<T> {
  /** Everything below has arrived in order, or was skipped by a gap. */
  readonly cum: number
  /** Takes a chunk in; @returns what became of it. */
  receive(n: number, chunk: T): Reception
  /** The next chunk in order, once. */
  take(): T | undefined
  /** What has arrived above `cum`. */
  ranges(): RangeList
  /** What is missing below the highest number that is known to have been given. */
  missing(): RangeList
  /** The writer has given every number below `next`. */
  stateNext(next: number): void
  /** Nothing from `first` to `last` will come: `mark` is given out in its place; @returns what was held of it. */
  leaveOut(first: number, last: number, mark: T): readonly T[]
}

export interface HoleWatchEvents {
  /** There are holes to ask for: `takeDue` gives them. */
  due(): void
  /** They were asked for often enough. */
  gaveUp(error: BusError): void
}

/** What one lane misses, and when to ask for it. */
export interface LaneHoles {
  /** Something arrived, or was stated: asks for what is newly missing. */
  look(): void
  /**
   * A broker says that it dropped these frames and has room again. None: it drops, and nothing is asked for until then.
   * @param isPaused whether the writer cannot answer: then they are asked for later
   * @throws BusError `protocol` beyond the lane's end
   */
  declared(hole: RangeList, isPaused: boolean): void
  /** The writer cannot answer: the clock stands still, and everything will be asked for anew. */
  pause(): void
  /** What is to be asked for now; it counts as asked. */
  takeDue(): RangeList
}
