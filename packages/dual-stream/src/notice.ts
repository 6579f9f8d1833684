import type { LaneName, RangeList } from "@luxbus/packet"

/** Why chunks are gone for good. */
export type GapReason = "evicted" | "lagged" | "expired" | "epoch"

/**
 * What a stream says of itself, apart from the application's own errors.
 *
 * - `waiting`: the peer is not there yet; the stream stays opening.
 * - `open`: the reader took the stream.
 * - `suspended`: a connection on the way is away; the stream ends unless it resumes within `leftMs` (undefined: it waits for ever).
 * - `resumed`: the stream goes on; `repeatedBytes` were sent twice (writer's side; 0 at the reader).
 * - `gap`: `ranges` of the lane will never come; `first` is the next chunk that does, `message` the first chunk of the message that holds it.
 */
export type Notice =
  | { readonly type: "waiting" }
  | { readonly type: "open"; readonly epoch: number }
  | { readonly type: "suspended"; readonly leftMs: number | undefined }
  | { readonly type: "resumed"; readonly repeatedBytes: number }
  | Gap

/** A hole in a lane that nothing will fill: stated before any later data. */
export interface Gap {
  readonly type: "gap"
  readonly lane: LaneName
  readonly ranges: RangeList
  readonly first: number
  readonly message: number
  readonly reason: GapReason
  /** How many chunks that is, as an application is told; undefined where nobody knows: of a pattern, of another epoch. */
  readonly missed?: number | undefined
}
