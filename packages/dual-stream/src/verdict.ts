import { BusError, type JsonObject, type JsonValue } from "@luxbus/packet"

/**
 * What the other side makes of a START.
 *
 * - `wait`: the reader is not there, or nobody accepts the stream yet.
 * - `retry`: it is now.
 * - `unknown`: nothing is known of a stream that was to go on.
 * - `fenced`: another writer has claimed it; `current` is the epoch that holds.
 */
export interface Verdict {
  readonly verdict: "wait" | "retry" | "unknown" | "fenced"
  readonly current: JsonValue
}

/** @throws BusError `protocol` for a verdict of unknown kind */
export function parseVerdict(value: JsonObject): Verdict {
  const { verdict, current = null } = value
  if (verdict === "wait" || verdict === "retry" || verdict === "unknown" || verdict === "fenced") {
    return { verdict, current }
  }
  throw new BusError("protocol", "A verdict of unknown kind.")
}
