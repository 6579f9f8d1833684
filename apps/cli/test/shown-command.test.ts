import { expect, test } from "vitest"
import { shownCommand } from "../src/shown-command.ts"

const bytes = (words: readonly string[]) => new TextEncoder().encode(JSON.stringify(words)).length

test("a command line of usual length is shown whole", () => {
  expect(shownCommand(["make", "-j4", ""])).toEqual(["make", "-j4", ""])
})

test.each([
  ["a long word", ["sh", "-c", "x".repeat(100_000)]],
  ["many words", Array.from({ length: 5_000 }, (_, i) => `file-${i}`)],
  ["characters that JSON escapes", ["printf", "\n".repeat(50_000)]],
  ["characters of several bytes", ["echo", "好".repeat(50_000)]],
])("%s is cut off at about two kilobytes, visibly", (_, words) => {
  const shown = shownCommand(words)
  expect(bytes(shown)).toBeLessThan(2_100)
  expect(bytes(shown)).toBeGreaterThan(1_500)
  expect(shown.at(-1)?.endsWith("…")).toBe(true)
})
