import type { Clock } from "@luxbus/clock"
import { type BusError, type DataLane, type JsonObject, LIMITS, type StreamKind } from "@luxbus/packet"
import type { CreateHash } from "./hash.ts"
import type { Notice } from "./notice.ts"
import type { SendBudget } from "./send-budget.ts"

/**
 * What the main lane of a live stream keeps unless told otherwise: a window. So whatever is on its way can be sent again
 * after a cut, and who was away is not served more of the past than that.
 */
export const LIVE_MEMORY_BYTES: number = LIMITS.windowBytes.main

/**
 * Where a writer stands.
 *
 * - `opening`: no reader has taken the stream yet.
 * - `open`: a reader has; chunks may be written.
 * - `ending`: the outcome is set; what was written still travels.
 * - `complete`: the reader has taken everything and knows the outcome. Final.
 * - `failed`: the stream was reset, fenced or abandoned. Final.
 */
export type WriterState = "opening" | "open" | "ending" | "complete" | "failed"

/** What a writer tells its owner. Called from within the call that caused it; must not throw. */
export interface WriterEvents {
  /** The lane's memory has room again after `write` or `hasRoom` returned false. */
  room(lane: DataLane): void
  /** What the stream says of itself. */
  notice(notice: Notice): void
  /** A reader asked to stop, or the stream was abandoned (reason `abandoned`); told once. The owner decides what to do; the writer goes on until `finish`. */
  cancelled(reason: string | undefined): void
  /** The reader has taken everything and knows the outcome. */
  complete(): void
  /** The stream was reset, fenced or abandoned, or its peer stayed away for longer than the window. */
  failed(error: BusError): void
}

/** What a writer runs on. */
export interface WriterComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly events: WriterEvents
  /** What all writers of its session share. Default: its own, which no other stream uses up. */
  readonly budget?: SendBudget
}

/** What a writer's stream is. */
export interface WriterOptions {
  /** Who reads: a broker that hosts the stream, or a peer that it is relayed to. */
  readonly kind: typeof StreamKind.hosted | typeof StreamKind.relayed
  readonly name: string
  /** The peer's client id; relayed streams only. */
  readonly to?: string
  /**
   * The channel that it asks, whose providers may read it: without `to` the broker chooses one. Relayed streams only.
   */
  readonly channel?: string
  /** With `channel`: how long a provider may be waited for, in ms. Default 0: `no_provider` at once. */
  readonly waitMs?: number
  /** How long it may take until it is answered, in ms from when the writer is made, of which the reader is told. Default: for ever. */
  readonly deadlineMs?: number
  /** Relayed: the writer's own. Hosted: 0, and the broker allots it. */
  readonly epoch: number
  /** Names this stream's creation, so that a repeated START creates nothing: session id (32 bytes), counter (8 bytes). */
  readonly seq: Uint8Array
  /** One of `Urgency`: how the carriers on the way serve the stream among others. Default: normal. */
  readonly urgency?: number
  /** What the reader is told with the START. With the names it must fit into 4 KiB. */
  readonly headers?: JsonObject
  /**
   * Whether it answers a stream of the peer's: its reader exists already, and a peer process that knows nothing of it must
   * not take it for a new stream. Default false.
   */
  readonly isAnswer?: boolean
  /**
   * Present: a live stream, which drops its oldest chunks for want of room and tells its reader of the gap, so that `write`
   * always has room. `memoryBytes` is what the main lane keeps, in cost; the error lane keeps
   * `WRITER_LIMITS.errorMemoryBytes`, the newest chunk stays in any case. Default {@link LIVE_MEMORY_BYTES}.
   */
  readonly live?: { readonly memoryBytes?: number }
  /**
   * How long nobody may read before the owner is told to stop (`cancelled`): the peer is away, or nobody is attached to the
   * hosted stream, which its host watches. Absent: for ever.
   */
  readonly abandonMs?: number
  /** How long the stream may be suspended before it fails with `peer_lost`; absent: for ever (a host keeps its own time). */
  readonly windowMs?: number
}
