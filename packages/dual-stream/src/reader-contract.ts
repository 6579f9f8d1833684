import type { Clock } from "@luxbus/clock"
import type { BusError, DataLane, Outcome } from "@luxbus/packet"
import type { CreateHash } from "./hash.ts"
import type { Notice } from "./notice.ts"
import type { ReaderSource } from "./reader-source.ts"

/** What a reader tells its owner. Called from within the call that caused it; must not throw. */
export interface ReaderEvents {
  /** `take(lane)` has something. */
  readable(lane: DataLane): void
  /** What the stream says of itself. */
  notice(notice: Notice): void
  /** The stream's one outcome; both lanes' ends may still be untaken. */
  outcome(outcome: Outcome): void
  /**
   * The application has taken everything, and the writer is told: the owner may let go of the reader. Told before
   * `outcome` where everything had been taken before the outcome was known.
   */
  completed?(): void
  /**
   * There will be no outcome of the writer's: the stream was reset, or the writer did not come back within its window
   * (`expired`, told after the outcome `expired`). What has arrived can still be taken.
   */
  failed(error: BusError): void
}

/** What a reader runs on. */
export interface ReaderComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly events: ReaderEvents
}

/** From where a reader reads, and how long it waits for its writer. */
export interface ReaderOptions {
  /** Who writes: `fromPeer` or `fromHost`. */
  readonly source: ReaderSource
  /** First number of the main lane. Default 0: the lane is read whole and its digest checked. */
  readonly main?: number
  /** First number of the error lane. Default 0. */
  readonly error?: number
  /** First chunk of the message that holds `main`. Default: `main`, which begins one. */
  readonly mainMessage?: number
  /** First chunk of the message that holds `error`. Default: `error`, which begins one. */
  readonly errorMessage?: number
  /** How long a peer may be away. Default: for ever. */
  readonly windowMs?: number
}
