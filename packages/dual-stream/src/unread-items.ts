import type { LaneItem } from "./lane-item.ts"
import type { Gap } from "./notice.ts"

/** What has arrived on a lane in order and was not taken yet. */
export interface UnreadItems {
  readonly readable: boolean
  /** Whether chunks or gaps wait: the lane's END alone is nothing that an application could miss. */
  readonly hasUntaken: boolean
  /** The number of the next item; undefined when there is none. */
  readonly nextNumber: number | undefined
  /** Cost of what fills the reader's window. */
  readonly windowCost: number
  /** Cost of everything that is kept. */
  readonly heldCost: number
  push(item: Exclude<LaneItem, Gap>): void
  pushGap(gap: Gap): void
  take(): LaneItem | undefined
  /** Counts everything as taken and keeps only the last `keepCost` of it, and the END. */
  drain(keepCost: number): void
}
