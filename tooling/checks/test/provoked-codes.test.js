import { expect, test } from "vitest"
import { provokedCodes, raisedCodes } from "../src/provoked-codes.js"

const CODES = new Set(["closed", "gap", "timeout"])

/** @param {string} source */
const provoked = (source) => [...provokedCodes(source, CODES)]

test.each([
  'expect(() => read()).toThrow(expect.objectContaining({ code: "gap" }))',
  'expect(error.code).toBe("gap")',
  'await expectCode("gap", () => read())',
  'test.each([["too late", "gap"]])("%s", (_, code) => { expect(read).toThrow(code) })',
])("counts a code that a statement about codes asserts: %s", (source) => {
  expect(provoked(source)).toEqual(["gap"])
})

test.each([
  'expect(stream.state).toBe("closed")',
  'expect(format(new BusError("gap", "has a code")).code).toBe(1)',
  'const outcome = { status: "error", code: "gap" }',
  'test("gap", () => { expect(error.code).toBe(1) })',
  '// expect(error.code).toBe("gap")',
  'expect(decode(bytes)).toBe("gap")',
  'expect(say("the code is")).toBe("gap")',
])("does not count a mere word: %s", (source) => {
  expect(provoked(source)).toEqual([])
})

test("tells which codes a source makes errors of", () => {
  expect([
    ...raisedCodes('throw new BusError("gap", "timeout")\nfail(new Error("closed"), { code: "closed" })'),
  ]).toEqual(["gap"])
})
