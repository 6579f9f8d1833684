import type { ErrorCode } from "./error-codes.ts"
import { BusError } from "./errors.ts"
import { LIMITS } from "./limits.ts"
import { isWellFormed, utf8Bytes } from "./text.ts"

/** The name of the broker's own operations. Its id is the nil one. */
export const DISPATCHER = "dispatcher"

/** A UUID in text, of any version, in either case. */
export const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
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
