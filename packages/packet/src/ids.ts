import { v5, v7 } from "uuid"
import { fromHex, sameBytes, toHex } from "./bytes.ts"
import type { ErrorCode } from "./error-codes.ts"
import { BusError } from "./errors.ts"
import { LIMITS } from "./limits.ts"
import { isWellFormed, utf8Bytes } from "./text.ts"

/** Namespace of the ids that stand for names which are no UUID. UUIDv5, RFC 9562 §5.5. */
export const NAME_NAMESPACE = "6b0f7a52-3c1d-4e8b-9a47-5d2e81c6f093"

/** The nil id: the dispatcher, or a channel. Shared: do not write to it. */
export const NIL_ID: Uint8Array = new Uint8Array(16)

/** The name of the broker's own operations. Its id is the nil one. */
export const DISPATCHER = "dispatcher"

const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const NIL_UUID = "00000000-0000-0000-0000-000000000000"

function nameFault(name: string): string | undefined {
  if (name.length === 0) return "is empty"
  if (utf8Bytes(name) > LIMITS.nameBytes) return `is longer than ${LIMITS.nameBytes} bytes`
  if (/\p{Cc}/u.test(name)) return "has control characters"
  if (!isWellFormed(name)) return "has a lone surrogate"
  if (!UUID_FORM.test(name)) return undefined
  if (name !== name.toLowerCase()) return "is a UUID in upper case"
  // Version 5 is how other names look as ids: taking it as a name would let one name pass for another.
  if (name[14] === "5") return "is a UUID of version 5"
  return name === NIL_UUID ? "is the nil UUID" : undefined
}

/**
 * Checks a name of a client, stream, subject or channel: 1 to 128 bytes of UTF-8 without control characters; of UUID
 * form only in canonical lower case, neither of version 5 nor nil.
 * @param what what it names, for the message
 * @param code of the error; default `invalid_argument`, for what a caller passes; `protocol` for what the wire brings
 * @throws BusError of that code
 */
export function assertName(name: string, what: string, code: ErrorCode = "invalid_argument"): void {
  const fault = nameFault(name)
  if (fault !== undefined) throw new BusError(code, `${what} ${fault}`)
}

/** Whether {@link assertName} takes it. */
export function isName(name: string): boolean {
  return nameFault(name) === undefined
}

/**
 * The 16 bytes that stand for a name in a full frame: those of a UUID, else of UUIDv5 in {@link NAME_NAMESPACE};
 * nil for {@link DISPATCHER}.
 * @throws BusError `invalid_argument` for what {@link assertName} refuses
 */
export function idOfName(name: string): Uint8Array {
  assertName(name, "name")
  if (name === DISPATCHER) return NIL_ID
  return UUID_FORM.test(name) ? idOfUuid(name) : idOfUuid(v5(name, NAME_NAMESPACE))
}

/** The canonical text of 16 bytes. */
export function idToString(id: Uint8Array): string {
  const digits = toHex(id)
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)]
  return parts.join("-")
}

/** Whether 16 bytes are the nil id. */
export function isNilId(id: Uint8Array): boolean {
  return sameBytes(id, NIL_ID)
}

/** The 16 bytes of a UUID in text, of any version. @throws BusError `protocol` when it is none */
export function idOfUuid(text: string): Uint8Array {
  const id = UUID_FORM.test(text) ? fromHex(text.replaceAll("-", "")) : undefined
  if (id === undefined) throw new BusError("protocol", "an id is a UUID")
  return id
}

/** What {@link newUuid} takes in place of the platform's clock and random source. */
export interface UuidSource {
  /** Milliseconds since the Unix epoch. */
  readonly unixMs: number
  /** 16 random bytes. */
  readonly random: Uint8Array
}

/**
 * A new UUIDv7 (RFC 9562 §5.7): sorts by the time of its making.
 * @param source default: the platform's, and then ascending even within one millisecond
 */
export function newUuid(source?: UuidSource): string {
  return source === undefined ? v7() : v7({ msecs: source.unixMs, random: source.random })
}
