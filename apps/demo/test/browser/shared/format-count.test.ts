import { expect, test } from "vitest"
import { formatCount } from "../../../src/browser/shared/format-count.ts"

test("counts in groups", () => {
  expect([999, 1_234_567].map(formatCount)).toEqual(["999", "1,234,567"])
})
