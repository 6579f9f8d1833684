import { type ErrorCode, isErrorCode, RETRYABLE } from "./error-codes.ts"
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts"

/** A {@link BusError} as it travels and is logged. */
export interface ErrorJson {
  readonly code: ErrorCode
  readonly message: string
  /** Absent when there are none. */
  readonly details?: JsonObject
}

/** What a {@link BusError} takes beside its code and message. */
export interface BusErrorOptions {
  /** What led to it. Stays in this process: {@link BusError.toJSON} leaves it out. */
  readonly cause?: unknown
  /** Facts for programs, by name; they travel. Default: none. */
  readonly details?: Readonly<Record<string, JsonValue>>
}

interface MaybeErrorJson {
  readonly code?: unknown
  readonly message?: unknown
  readonly details?: unknown
}

/** Every failure of luxbus. Codes are API and stable; messages are for people and may change. */
export class BusError extends Error {
  override readonly name = "BusError"
  readonly code: ErrorCode
  /** Whether the same call may succeed when made again later: the code's row in `ERROR_TABLE`. */
  readonly retryable: boolean
  readonly details: Readonly<Record<string, JsonValue>>

  constructor(code: ErrorCode, message: string, options?: BusErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = RETRYABLE[code]
    this.details = options?.details ?? {}
  }

  /** The error as it travels: without its cause and its stack. */
  toJSON(): ErrorJson {
    const { code, message, details } = this
    return Object.keys(details).length > 0 ? { code, message, details } : { code, message }
  }

  /**
   * Makes an error of what a peer sent. Never throws: a malformed value becomes `protocol`; a code that this version
   * does not know becomes `internal`, with the code in `details.code`.
   */
  static fromJSON(value: unknown): BusError {
    const { code, message, details }: MaybeErrorJson = isJsonObject(value) ? value : {}
    if (typeof code !== "string" || typeof message !== "string")
      return new BusError("protocol", "the peer sent a malformed error")
    const facts = isJsonObject(details) ? details : {}
    if (isErrorCode(code)) return new BusError(code, message, { details: facts })
    return new BusError("internal", message, { details: { ...facts, code } })
  }
}
