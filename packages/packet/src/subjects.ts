import type { ErrorCode } from "./error-codes.ts"
import { BusError } from "./errors.ts"
import { assertName } from "./names.ts"

function assertTokens(name: string, what: string, code: ErrorCode): readonly string[] {
  assertName(name, what, code)
  if (/\s/u.test(name)) throw new BusError(code, `${what} has white space`)
  const tokens = name.split(".")
  if (tokens.includes("")) throw new BusError(code, `${what} has an empty token`)
  return tokens
}

/**
 * Checks a subject, to which is published: a name of non-empty tokens parted by dots, without white space, none of
 * them `*` or `>`. The rules are those of NATS.
 * @param code of the error; default `invalid_argument`
 * @throws BusError of that code
 */
export function assertSubject(subject: string, code: ErrorCode = "invalid_argument"): void {
  const tokens = assertTokens(subject, "subject", code)
  if (tokens.includes("*") || tokens.includes(">")) throw new BusError(code, "a subject has no wildcards")
}

/**
 * Checks a pattern, to which is subscribed: as a subject, but a token may be `*` (any one token) and the last one `>`
 * (one or more tokens).
 * @param code of the error; default `invalid_argument`
 * @throws BusError of that code
 */
export function assertPattern(pattern: string, code: ErrorCode = "invalid_argument"): void {
  const tokens = assertTokens(pattern, "pattern", code)
  const rest = tokens.indexOf(">")
  if (rest !== -1 && rest !== tokens.length - 1) throw new BusError(code, "`>` is the last token of a pattern or none")
}
