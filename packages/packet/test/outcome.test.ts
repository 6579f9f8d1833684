import fc from "fast-check"
import { expect, test } from "vitest"
import { parseOutcome } from "../src/index.ts"
import { outcome } from "./arbitraries.ts"

test("takes every outcome, and leaves out what is none of it", () => {
  fc.assert(
    fc.property(outcome, (value) => {
      expect(parseOutcome({ ...value, other: 1 })).toEqual(value)
    }),
  )
})

test.each([
  null,
  [],
  "done",
  {},
  { status: "over", main: 0, error: 0 },
  { status: "done", error: 0 },
  { status: "done", main: 0 },
  { status: "done", main: -1, error: 0 },
  { status: "done", main: 0.5, error: 0 },
  { status: "done", main: 0, error: 2 ** 53 },
  { status: "error", main: 0, error: 0, code: 7 },
  { status: "error", main: 0, error: 0, exitCode: "1" },
  { status: "error", main: 0, error: 0, signal: null },
])("refuses %j as protocol", (value) => {
  expect(() => parseOutcome(value)).toThrow(expect.objectContaining({ code: "protocol" }))
})
