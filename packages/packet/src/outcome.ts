import { BusError } from "./errors.ts"
import { isJsonObject, type JsonObject } from "./json.ts"

/** How a stream ended. */
export type OutcomeStatus = "done" | "error" | "cancelled" | "expired"

/** The one end of a stream. A reader's iteration ends only here, after the data. */
export interface Outcome {
  readonly status: OutcomeStatus
  /** What failed, for `error`: one of the error codes, or the application's own. */
  readonly code?: string
  /** For people. */
  readonly message?: string
  /** Why it was cancelled or expired. */
  readonly reason?: string
  /** Of a process that was run. */
  readonly exitCode?: number
  /** The signal that ended a process that was run. */
  readonly signal?: string
  /** The main lane's final next number, its END counted. */
  readonly main: number
  /** The error lane's final next number, its END counted; 0 when it was never used. */
  readonly error: number
}

function isStatus(value: unknown): value is OutcomeStatus {
  return value === "done" || value === "error" || value === "cancelled" || value === "expired"
}

function optional<T extends "string" | "number">(value: JsonObject, name: string, type: T): object {
  const field = value[name]
  if (field === undefined) return {}
  if (typeof field !== type) throw new BusError("protocol", `an outcome's ${name} is a ${type}`)
  return { [name]: field }
}

function laneEnd(value: JsonObject, name: "main" | "error"): number {
  const next = value[name]
  if (typeof next === "number" && Number.isSafeInteger(next) && next >= 0) return next
  throw new BusError("protocol", `an outcome's ${name} is a lane's final number`)
}

/**
 * Reads an outcome, with its fields in a fixed order and none beside them.
 * @throws BusError `protocol` when it is none
 */
export function parseOutcome(value: unknown): Outcome {
  if (!isJsonObject(value)) throw new BusError("protocol", "an outcome is an object")
  const { status }: { readonly status?: unknown } = value
  if (!isStatus(status)) throw new BusError("protocol", "an outcome has a status: done, error, cancelled or expired")
  return {
    status,
    ...optional(value, "code", "string"),
    ...optional(value, "message", "string"),
    ...optional(value, "reason", "string"),
    ...optional(value, "exitCode", "number"),
    ...optional(value, "signal", "string"),
    main: laneEnd(value, "main"),
    error: laneEnd(value, "error"),
  }
}

/** Whether {@link parseOutcome} takes it. */
export function isOutcome(value: unknown): boolean {
  try {
    parseOutcome(value)
    return true
  } catch {
    return false
  }
}
