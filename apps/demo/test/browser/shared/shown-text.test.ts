import { expect, test } from "vitest"
import { oneLine, shownText } from "../../../src/browser/shared/shown-text.ts"

test.each([
  ["plain text stays", "plain text, even müßig", "plain text, even müßig"],
  ["colours go", "\x1b[1;31merror\x1b[0m: \x1b]8;;http://x\x07link\x1b]8;;\x07", "error: link"],
  ["what a carriage return overwrites goes", "10 %\r50 %\r100 %", "100 %"],
  ["one at the end overwrites nothing yet", "50 %\r", "50 %"],
  ["tabs reach their stops", "a\tbc\tdef\tg", "a       bc      def     g"],
  ["other control characters are shown by their pictures", "a\x00b\x07c\x7f", "a␀b␇c␡"],
])("%s", (_title, line, shown) => {
  expect(shownText(line)).toBe(shown)
})

test("names of others have no lines", () => {
  expect(oneLine("  a\nb\x1b[31m\tc ")).toBe("a b [31m c")
})
