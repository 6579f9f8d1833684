import type { Random } from "@luxbus/clock"
import { assertName, BusError } from "@luxbus/packet"
import type { Permissions } from "./permissions.ts"

/**
 * Who a client is, as `authenticate` found, and what it may. A principal with an id may connect as that id, or as
 * `id/anything`; an anonymous one as anything.
 */
export type Principal = ({ readonly id: string } | { readonly anonymous: true }) & {
  /** Default: everything, but for `takeover`. */
  readonly permissions?: Permissions
  /**
   * Until when, in Unix ms: then its connection is ended with `unauthenticated`, unless it has shown another token by the
   * command `authenticate`. Default: for ever.
   */
  readonly expiresAtMs?: number
}

/** What `authenticate` has to go by. */
export interface AuthenticateRequest {
  readonly token?: string
  /** The client id that it asks for. */
  readonly id?: string
  readonly remoteAddress: string
  /** Lower-case names, as the connection brought them. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * Decides who a client is. Throw a BusError `unauthenticated` to refuse it; anything else that is thrown refuses it as
 * `internal`. Default: everybody is anonymous.
 */
export type Authenticate = (request: AuthenticateRequest) => Principal | Promise<Principal>

const SUFFIX_BYTES = 5

/**
 * The client id that a principal gets: the one that it asks for, if it may have it; else one of its own with a random
 * suffix.
 * @throws BusError `forbidden` for another's id, `invalid_argument` for what is no name
 */
export function clientIdFor(principal: Principal, wanted: string | undefined, random: Random): string {
  const base = "id" in principal ? principal.id : undefined
  if (wanted === undefined) return `${base ?? "client"}/${randomSuffix(random)}`
  assertName(wanted, "client id")
  if (base === undefined || wanted === base || wanted.startsWith(`${base}/`)) return wanted
  throw new BusError("forbidden", `"${base}" may not connect as "${wanted}".`, { details: { id: base } })
}

function randomSuffix(random: Random): string {
  return Array.from(random.bytes(SUFFIX_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
