import { BusError, type Fields, type RangeList } from "@luxbus/packet"
import type { GapReason } from "./notice.ts"

/** A gap as a writer or a broker states it of one lane. */
export interface GapStatement {
  readonly ranges: RangeList
  readonly first: number
  readonly message: number
  readonly reason: GapReason
  /** Sum of the lane's costs at `first`. */
  readonly at: number | undefined
}

const REASONS: readonly GapReason[] = ["evicted", "lagged", "expired", "epoch"]

/** @throws BusError `protocol` without `first` or with a reason of unknown kind. Default reason: `evicted` */
export function parseGap(fields: Fields): GapStatement {
  const { gap: ranges = [], first, message = first, at, reason: stated = "evicted" } = fields
  const reason = REASONS.find((known) => known === stated)
  if (first === undefined || message === undefined || reason === undefined) {
    throw new BusError("protocol", "A gap says where the lane goes on, and why it is there.")
  }
  return { ranges, first, message, reason, at }
}
