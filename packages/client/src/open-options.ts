import type { WriterOptions } from "@luxbus/dual-stream"
import { type JsonObject, type UrgencyName, WRITER_LIMITS } from "@luxbus/packet"
import type { NoticeListener } from "./notices.ts"
import { assertWhole, MAX_DELAY_MS } from "./whole-number.ts"

/** How `Bus.open` opens a stream. */
export interface OpenOptions {
  /** The peer's client id; absent: the broker hosts the stream, and anyone may attach. */
  readonly to?: string
  /** Anything that readers should know from the start; at most 4 KiB as JSON. */
  readonly headers?: JsonObject
  /**
   * A live stream: what is new matters more than what is whole. `write` never waits; when a lane's memory is full its
   * oldest chunks are dropped, and readers are told of a `gap` (`lagged`) in their place. Of a duplex, this side's half.
   * `memoryBytes`, what the main lane keeps in cost (data and 64 bytes a chunk), is from 1 to 4 MiB; default 1 MiB, a window:
   * whatever is on its way can be sent again after a cut, and who was away is not served more of the past than that. A
   * message larger than it loses its beginning. Default: false, nothing is dropped and `write` waits.
   */
  readonly live?: boolean | { readonly memoryBytes?: number }
  /**
   * What happens when nobody reads: when no one is attached to the hosted stream, or the peer of a stream that was open is
   * away. `keep`: nothing, as a lost connection does not cancel. `cancelAfterMs`: after so many milliseconds the stream's
   * `signal` aborts, with `abandoned` as its reason; a peer that is away for 120 s ends the stream before (`peer_lost`).
   * Default `keep`.
   */
  readonly onAbandon?: "keep" | { readonly cancelAfterMs: number }
  /**
   * Where connections are short of room, `high` goes before `normal`, and that before `low`, on the whole way to the
   * readers; who has waited 500 ms is next all the same. Default `normal`. What is accepted is answered with the opener's.
   */
  readonly urgency?: UrgencyName
  /** Gives up opening; once open it does nothing. */
  readonly signal?: AbortSignal
  readonly onNotice?: NoticeListener
}

/**
 * What the options say of the stream's writer.
 * @throws BusError `invalid_argument` for what is no whole number in its range
 */
export function writerOptions({
  live = false,
  onAbandon = "keep",
}: OpenOptions): Pick<WriterOptions, "live" | "abandonMs"> {
  const memoryBytes = typeof live === "boolean" ? undefined : live.memoryBytes
  if (memoryBytes !== undefined) assertWhole("live.memoryBytes", memoryBytes, 1, WRITER_LIMITS.sendMemoryBytes)
  const abandonMs = onAbandon === "keep" ? undefined : onAbandon.cancelAfterMs
  if (onAbandon !== "keep") assertWhole("onAbandon.cancelAfterMs", abandonMs, 0, MAX_DELAY_MS)
  return {
    ...(live !== false && { live: memoryBytes === undefined ? {} : { memoryBytes } }),
    ...(abandonMs !== undefined && { abandonMs }),
  }
}
