import type { DataLane, Outcome } from "@luxbus/packet"
import type { FirstNumbers, LaneBounds, MaybePromise, Run } from "@luxbus/stream-memory"
import type { LogIdentity, LogSubscriber } from "./stream-log.ts"

/** What a reader reads: a stream's or topic's log, or what the topics of a pattern bring together. */
export interface ReadableLog {
  readonly identity: LogIdentity
  readonly from: FirstNumbers
  /** Whether its frames name their publishers. */
  readonly hasOrigins: boolean
  /**
   * Whether numbers grow, but not by one. A run then stands for all numbers from its first on that it counts, whatever of
   * them was never the log's: it has fewer frames, and may have none.
   */
  readonly isSparse: boolean
  readonly outcome: Outcome | undefined
  add(reader: LogSubscriber): void
  remove(reader: LogSubscriber): void
  /** The number after the last chunk that readers may have. */
  next(lane: DataLane): number
  bounds(lane: DataLane): LaneBounds
  /** The runs from the one that holds `from` on, which is below `next`: at least one, or a failure. */
  read(lane: DataLane, from: number, maxBytes: number): MaybePromise<readonly Run[]>
}
