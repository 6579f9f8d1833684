import { LIMITS, MessageWriter, type Outcome } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { fitOutcome } from "../src/fit-outcome.ts"
import { fitText } from "../src/fit-text.ts"

test("an outcome with texts of any length and kind fits into one control frame", () => {
  const text = fc.string({ unit: "binary", maxLength: 9_000, size: "max" })
  fc.assert(
    fc.property(text, text, text, (message, reason, code) => {
      const outcome: Outcome = { status: "error", code, message, reason, main: 7, error: 0 }
      const writer = new MessageWriter()
      writer.control(1, 0, { outcome: fitOutcome(outcome) })
      writer.control(1, 0, { cancel: { reason: fitText(reason) } })
      expect(writer.length).toBeLessThanOrEqual(2 * (LIMITS.fieldsBytes + 20))
    }),
    { numRuns: 20 },
  )
})

test("an outcome that fits is left as it is; of others the longest text is cut first", () => {
  const outcome: Outcome = { status: "error", code: "disk_full", message: "no space left", main: 2, error: 0 }
  expect(fitOutcome(outcome)).toBe(outcome)
  const fitted = fitOutcome({ ...outcome, message: "m".repeat(5_000) })
  expect(fitted.code).toBe("disk_full")
  expect(fitted.message).toMatch(/^m{600,}$/)
})
