import type { Action, Permits } from "@luxbus/dispatcher"
import { assertPattern, BusError, coversPattern } from "@luxbus/packet"

/** What a pattern is given for. */
const GRANTS = [
  "publish",
  "subscribe",
  "request",
  "serve",
  "open",
  "attach",
  "cancel",
  "takeover",
  "mailbox",
] as const satisfies readonly Action[]

/**
 * What a client may do, by patterns of names: `*` stands for one token, `>` for the rest. An action without patterns is
 * denied. A name that has an empty token (`a..b`), and so is no subject, is let through by `>` alone.
 */
export type Permissions = { readonly [A in (typeof GRANTS)[number]]?: readonly string[] } & {
  /** Whether it may see all clients and send them away. Default false. */
  readonly operator?: boolean
}

/** The patterns of one action, apart by how they are looked up. */
interface Grant {
  readonly all: boolean
  readonly exact: ReadonlySet<string>
  readonly wild: readonly string[]
}

/**
 * Reads permissions once, for as long as they hold. Where there are none, everything is allowed but `takeover`.
 * @throws BusError `internal` for what is no pattern: the fault is not the client's
 */
export function compilePermissions(permissions: Permissions | undefined): Permits {
  if (permissions === undefined) return (action) => action !== "takeover"
  const grants = new Map<Action, Grant>()
  for (const action of GRANTS) {
    const patterns = permissions[action]
    if (patterns !== undefined) grants.set(action, compileGrant(action, patterns))
  }
  const operator = permissions.operator === true
  return (action, name) => (action === "operate" ? operator : allows(grants.get(action), name))
}

function compileGrant(action: Action, patterns: readonly string[]): Grant {
  try {
    for (const pattern of patterns) assertPattern(pattern)
  } catch (cause) {
    throw new BusError("internal", "The client's permissions are malformed.", { cause, details: { action } })
  }
  return {
    all: patterns.includes(">"),
    exact: new Set(patterns.filter((pattern) => !isWild(pattern))),
    wild: patterns.filter(isWild),
  }
}

function allows(grant: Grant | undefined, name: string): boolean {
  if (grant === undefined) return false
  if (grant.all || grant.exact.has(name)) return true
  // The matcher reads no empty tokens: "a." would pass for "a".
  return !hasEmptyToken(name) && grant.wild.some((pattern) => coversPattern(pattern, name))
}

function isWild(pattern: string): boolean {
  return pattern.split(".").some((token) => token === "*" || token === ">")
}

function hasEmptyToken(name: string): boolean {
  return name.startsWith(".") || name.endsWith(".") || name.includes("..")
}
