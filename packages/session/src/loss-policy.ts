import { BusError, type ErrorCode, LIMITS } from "@luxbus/packet"
import { CloseCode, type CloseInfo } from "@luxbus/transport"
import { RECONNECT_PATIENCE_MS } from "./reconnect.ts"

/** Errors after which trying again makes no sense. */
const FINAL_CODES: readonly ErrorCode[] = [
  "unauthenticated",
  "forbidden",
  "id_taken",
  "replaced",
  "closed",
  "unsupported",
  "invalid_argument",
]

export interface LossPolicyOptions {
  /** Whether a token is asked for anew each time, so that an expired one is no end. */
  readonly renewsToken: boolean
  /** Whether an unreachable broker is tried again even before the first connection. */
  readonly retryInitial: boolean
}

/** Decides what a lost connection, or a failed attempt at one, means for the session. */
export class LossPolicy {
  readonly #options: LossPolicyOptions
  #framingFaults = 0

  constructor(options: LossPolicyOptions) {
    this.#options = options
  }

  /**
   * A connection closed.
   * @param livedMs how long it had been welcomed. A fault after a long life is not the last one's repetition
   */
  closed(info: CloseInfo, livedMs: number): void {
    const before = livedMs < RECONNECT_PATIENCE_MS ? this.#framingFaults : 0
    this.#framingFaults = info.code === CloseCode.protocol ? before + 1 : 0
  }

  /**
   * Whether the session is over.
   * @param first whether there never was a connection
   */
  isFinal(error: BusError, first: boolean): boolean {
    // The same bytes would be sent again, and close every connection: a loop without end.
    if (this.#framingFaults >= LIMITS.framingFaults) return true
    if (first && !this.#options.retryInitial) return true
    if (error.code === "unauthenticated" && !first && this.#options.renewsToken) return false
    return FINAL_CODES.includes(error.code)
  }
}

/** Why a connection closed, as the session's status tells it. */
export function errorOfClose({ code, error, reason }: CloseInfo): BusError {
  if (error !== undefined) return error
  const details = { closeCode: code }
  if (code === CloseCode.protocol) return new BusError("protocol", `The broker closed: ${reason}.`, { details })
  if (code === CloseCode.goingAway) return new BusError("going_away", "The broker is stopping.", { details })
  return new BusError("connection_lost", `The connection closed (${code} ${reason}).`, { details })
}
