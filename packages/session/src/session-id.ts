import type { Random } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import { toHex } from "@luxbus/packet"

/** Bytes of a session's secret: nobody guesses it. */
const SECRET_BYTES = 32

/** Makes a session's secret: 32 random bytes in hex. It is the resume token: whoever shows it is the session. */
export function newSecret(random: Random): string {
  return toHex(random.bytes(SECRET_BYTES))
}

/** A session's id: the SHA-256 of its secret, so that any broker can verify it without state. */
export function sessionIdOf(secret: string, createHash: CreateHash): Uint8Array {
  const hash = createHash()
  hash.update(Uint8Array.from(secret, (character) => character.charCodeAt(0)))
  return hash.digest()
}
