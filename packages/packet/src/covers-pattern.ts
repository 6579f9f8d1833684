import { matchSubject } from "./match-subject.ts"

/**
 * Whether every subject that matches `asked`, a pattern or a subject, matches `allowed` too. Both must have been checked.
 * A wildcard of what is asked is read as a token, which only a wildcard of what is allowed takes; but `>` stands for
 * several, which `*` does not take.
 */
export function coversPattern(allowed: string, asked: string): boolean {
  return matchSubject(allowed, asked) && (!endsInRest(asked) || endsInRest(allowed))
}

function endsInRest(pattern: string): boolean {
  return pattern === ">" || pattern.endsWith(".>")
}
