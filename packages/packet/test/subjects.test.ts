import fc from "fast-check"
import { expect, test } from "vitest"
import { assertPattern, assertSubject, coversPattern, matchSubject } from "../src/index.ts"

function naiveMatch(pattern: string, subject: string): boolean {
  const tokens = subject.split(".")
  const wanted = pattern.split(".")
  if (wanted.at(-1) === ">") {
    const head = wanted.slice(0, -1)
    return tokens.length > head.length && head.every((token, i) => token === "*" || token === tokens[i])
  }
  return wanted.length === tokens.length && wanted.every((token, i) => token === "*" || token === tokens[i])
}

test("matches as token by token", () => {
  const token = fc.constantFrom("a", "b", "aa", "*", "a*", ">>")
  const subject = fc
    .array(fc.constantFrom("a", "b", "aa", "a*"), { minLength: 1, maxLength: 4 })
    .map((t) => t.join("."))
  const pattern = fc
    .tuple(fc.array(token, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."))
  fc.assert(
    fc.property(pattern, subject, (p, s) => {
      expect(matchSubject(p, s)).toBe(naiveMatch(p, s))
    }),
    { numRuns: 2_000 },
  )
})

/** All subjects of up to four tokens over an alphabet that has one token more than patterns name. */
const SUBJECTS = [1, 2, 3, 4].flatMap((length) => {
  let subjects = [""]
  for (let i = 0; i < length; i++) subjects = subjects.flatMap((s) => ["a", "b", "x"].map((t) => (s ? `${s}.${t}` : t)))
  return subjects
})

test("covers a pattern as every subject that matches it", () => {
  const pattern = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "*"), { maxLength: 3 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest || tokens.length === 0 ? [">"] : [])].join("."))
  fc.assert(
    fc.property(pattern, pattern, (allowed, asked) => {
      const asAll = SUBJECTS.every((subject) => !matchSubject(asked, subject) || matchSubject(allowed, subject))
      expect(coversPattern(allowed, asked)).toBe(asAll)
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ["task.*", "task.42", true],
  ["task.*", "task.42.progress", false],
  ["task.>", "task.42.progress", true],
  ["task.>", "task", false],
  [">", "task", true],
  ["*.*", "task", false],
  ["task.42", "task.421", false],
  ["task.42.x", "task.42", false],
])("%s and %s: %s", (pattern, subject, matches) => {
  expect(matchSubject(pattern, subject)).toBe(matches)
})

test.each(["", ".", "a.", ".a", "a..b", "a b", "a.*", ">", "a.>", "a\tb", "a".repeat(129)])(
  "%j is no subject",
  (subject) => {
    expect(() => assertSubject(subject)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
    expect(() => assertSubject(subject, "protocol")).toThrow(expect.objectContaining({ code: "protocol" }))
  },
)

test.each(["", "a..b", "a.>.b", ">.a", "a b"])("%j is no pattern", (pattern) => {
  expect(() => assertPattern(pattern)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
})

test("wildcards are whole tokens only", () => {
  assertSubject("a*.b>")
  assertPattern("*.a.*.>")
  expect(matchSubject("a*", "ab")).toBe(false)
})
