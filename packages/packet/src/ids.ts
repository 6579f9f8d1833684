import { v5, v7 } from "uuid"
import { fromHex, sameBytes, toHex } from "./bytes.ts"
import { BusError } from "./errors.ts"
import { NIL_ID } from "./full-header.ts"
import { assertName, DISPATCHER, UUID_FORM } from "./names.ts"

/** Namespace of the ids that stand for names which are no UUID. UUIDv5, RFC 9562 §5.5. */
export const NAME_NAMESPACE = "6b0f7a52-3c1d-4e8b-9a47-5d2e81c6f093"

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
