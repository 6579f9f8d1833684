import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { BusError } from "@luxbus/packet"

/** A token for a client, and the hash of it that the broker's configuration holds. */
export interface NewToken {
  /** The secret: shown once, kept by the client. */
  readonly token: string
  /** SHA-256 of the token in hex: a key of `auth.tokens`. */
  readonly hash: string
}

/** Makes a token of 256 random bits. Its prefix lets scanners for leaked secrets find it. */
export function newToken(): NewToken {
  const token = `lux_${randomBytes(32).toString("base64url")}`
  return { token, hash: digestOf(token).toString("hex") }
}

/**
 * Makes the check of presented tokens. It compares hashes, all of them and each in constant time, so that the time
 * taken tells nothing of which token came near.
 * @param tokens SHA-256 of a token in hex, to the client id that it stands for
 * @returns the client id
 * @throws BusError `unauthenticated` when the token is absent or unknown
 */
export function tokenCheck(tokens: Readonly<Record<string, string>>): (token: string | undefined) => string {
  const known = Object.entries(tokens).map(([hash, id]) => ({ digest: Buffer.from(hash, "hex"), id }))
  return (token) => {
    if (token === undefined) throw new BusError("unauthenticated", "this broker asks for a token")
    const digest = digestOf(token)
    let found: string | undefined
    for (const entry of known) if (timingSafeEqual(entry.digest, digest)) found = entry.id
    if (found === undefined) throw new BusError("unauthenticated", "the token is not known to this broker")
    return found
  }
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest()
}
