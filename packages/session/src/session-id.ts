import type { CreateHash } from "@luxbus/dual-stream"

/** A session's id: the SHA-256 of its secret, so that any broker can verify it without state. */
export function sessionIdOf(secret: string, createHash: CreateHash): Uint8Array {
  const hash = createHash()
  hash.update(Uint8Array.from(secret, (character) => character.charCodeAt(0)))
  return hash.digest()
}
