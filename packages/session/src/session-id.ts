import type { Random } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"

/** Bytes of a session's secret: nobody guesses it. */
const SECRET_BYTES = 32
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** Makes a session's secret: 32 random bytes in base64url. It is the resume token: whoever shows it is the session. */
export function newSecret(random: Random): string {
  let text = ""
  let bits = 0
  let held = 0
  for (const byte of random.bytes(SECRET_BYTES)) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 6; bits -= 6) text += ALPHABET[(held >>> (bits - 6)) & 63]
    held &= 0xff
  }
  return text + ALPHABET[(held << (6 - bits)) & 63]
}

/** A session's id: the SHA-256 of its secret, so that any broker can verify it without state. */
export function sessionIdOf(secret: string, createHash: CreateHash): Uint8Array {
  const hash = createHash()
  hash.update(Uint8Array.from(secret, (character) => character.charCodeAt(0)))
  return hash.digest()
}

/** Names the creation of one of a session's streams: its id, then a counter of 8 bytes. */
export function seqOf(sessionId: Uint8Array, counter: number): Uint8Array {
  const seq = new Uint8Array(40)
  seq.set(sessionId.subarray(0, 32))
  const view = new DataView(seq.buffer)
  view.setUint32(32, Math.floor(counter / 0x1_0000_0000))
  view.setUint32(36, counter >>> 0)
  return seq
}
