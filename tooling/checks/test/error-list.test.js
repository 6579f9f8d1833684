import { expect, test } from "vitest"
import { errorFaults, errorsPage } from "../src/error-list.js"

const CODES = ["closed", "gap"]
/** @type {ReadonlySet<string>} */
const NONE = new Set()

test("is content when each code is provoked or raised later", () => {
  expect(errorFaults(CODES, new Set(["closed"]), NONE, { gap: "topics with history" })).toEqual([])
})

test("fails on a code that nothing provokes, on a stale entry, an unknown one and one without a reason", () => {
  expect(errorFaults(CODES, new Set(["closed"]), NONE, {})).toEqual([expect.stringContaining("gap: no test")])
  expect(errorFaults(CODES, new Set(CODES), NONE, { gap: "x" })).toEqual([
    expect.stringContaining("gap: a test provokes it"),
  ])
  expect(errorFaults(CODES, new Set(CODES), NONE, { lost: "x" })).toEqual([
    expect.stringContaining("lost: in raised-later"),
  ])
  expect(errorFaults(CODES, new Set(["closed"]), NONE, { gap: " " })).toEqual([expect.stringContaining("does not say")])
})

test("does not take `later` for an answer where a source raises the code today", () => {
  expect(errorFaults(CODES, new Set(["closed"]), new Set(["gap"]), { gap: "x" })).toEqual([
    "gap: is raised today: write the test, and take it out of raised-later.json",
  ])
})

test("writes a row per code", () => {
  const row = { retryable: true, raisedBy: "broker", meaning: "It is gone.", action: "Wait." }
  expect(errorsPage({ gap: row })).toContain("| `gap` | broker | It is gone. | Wait. | yes |\n")
})
