import { type Authorized, authorize } from "@luxbus/dispatcher"
import { assertName, BusError, isJsonObject, type JsonValue, LIMITS, utf8Bytes } from "@luxbus/packet"
import type { ClientSummary } from "./client-summary.ts"

/** What whoever runs the broker does with its clients. */
export interface Operator {
  clients(): readonly ClientSummary[]
  disconnect(id: string, reason?: string): boolean
}

/** What a statement to a client has for its text, beside its names. */
const MAX_TEXT_BYTES = LIMITS.fieldsBytes - 96
const MAX_REASON_BYTES = 1_024

/**
 * Runs an operator's command: `clients` → a list, `disconnect` (`{ id, reason? }`) → `{ disconnected }`.
 * @returns undefined: it is none
 * @throws BusError `forbidden`, `invalid_argument`
 */
export function runOperatorCommand(
  operator: Operator,
  client: Authorized,
  op: string,
  params: JsonValue,
): JsonValue | undefined {
  if (op !== "clients" && op !== "disconnect") return undefined
  authorize(client, "operate", op)
  if (op === "clients") return operator.clients() as unknown as JsonValue
  const { id, reason }: { readonly id?: JsonValue; readonly reason?: JsonValue } = isJsonObject(params) ? params : {}
  if (typeof id !== "string") throw new BusError("invalid_argument", "id is a string", { details: { field: "id" } })
  if (reason !== undefined && typeof reason !== "string") throw wrongReason()
  assertName(id, "client id")
  return { disconnected: operator.disconnect(id, reason) }
}

/** Why a client is sent away. @throws BusError `invalid_argument` beyond 1 KiB */
export function endedBy(reason = "Whoever runs the broker has ended this session."): BusError {
  if (utf8Bytes(reason) > MAX_REASON_BYTES) throw wrongReason()
  return new BusError("closed", reason)
}

/** @throws BusError `invalid_argument` for what is no JSON value, `too_large` (4 000 bytes of JSON text) */
export function assertBroadcast(value: JsonValue): void {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new BusError("invalid_argument", "what is told to all clients is a JSON value")
  if (utf8Bytes(text) <= MAX_TEXT_BYTES) return
  throw new BusError("too_large", "what is told to all clients fits into one statement", {
    details: { limit: MAX_TEXT_BYTES },
  })
}

function wrongReason(): BusError {
  return new BusError("invalid_argument", `reason is a text of at most ${MAX_REASON_BYTES} bytes`, {
    details: { field: "reason" },
  })
}
