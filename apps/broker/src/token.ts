import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { BusError } from "@luxbus/packet"
import type { Permissions, Principal } from "@luxbus/server"
import type { TokenEntry } from "./token-schema.ts"

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

/** What a token without `allow` may, where it is said to be no operator's. */
const EVERY_NAME: Permissions = Object.fromEntries(
  ["publish", "subscribe", "request", "serve", "open", "attach", "cancel", "mailbox"].map((action) => [action, [">"]]),
)

/**
 * Makes the check of presented tokens. It compares hashes, all of them and each in constant time, so that the time
 * taken tells nothing of which token came near.
 * @param tokens SHA-256 of a token in hex, to what it stands for
 * @returns who the client is, what it may and until when
 * @throws BusError `unauthenticated` when the token is absent or unknown
 */
export function tokenCheck(
  tokens: Readonly<Record<string, TokenEntry>>,
): (token: string | undefined) => Principal & { readonly id: string } {
  const known = Object.entries(tokens).map(([hash, entry]) => ({
    digest: Buffer.from(hash, "hex"),
    principal: principalOf(entry),
  }))
  return (token) => {
    if (token === undefined) throw new BusError("unauthenticated", "this broker asks for a token")
    const digest = digestOf(token)
    let found: (typeof known)[number] | undefined
    for (const entry of known) if (timingSafeEqual(entry.digest, digest)) found = entry
    if (found === undefined) throw new BusError("unauthenticated", "the token is not known to this broker")
    return found.principal
  }
}

function principalOf(entry: TokenEntry): Principal & { readonly id: string } {
  if (typeof entry === "string") return { id: entry }
  const { id, allow, operator, expiresAt } = entry
  const known = { id, ...(expiresAt !== undefined && { expiresAtMs: Date.parse(expiresAt) }) }
  if (allow === undefined && operator !== false) return known
  return {
    ...known,
    permissions: { ...(allow === undefined ? EVERY_NAME : patternsOf(allow)), operator: operator === true },
  }
}

/** Only what is there: an action that is absent is one without patterns. */
function patternsOf(allow: NonNullable<Exclude<TokenEntry, string>["allow"]>): Permissions {
  return Object.fromEntries(Object.entries(allow).filter(([, patterns]) => patterns !== undefined))
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest()
}
