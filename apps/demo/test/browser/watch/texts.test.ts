import { expect, test } from "vitest"
import { commandOf } from "../../../src/browser/watch/command-of.ts"
import { gapText, writerAwayText } from "../../../src/browser/watch/notice-text.ts"
import { outcomeDetail, outcomeTitle } from "../../../src/browser/watch/outcome-text.ts"
import { formatRoute, parseRoute } from "../../../src/browser/watch/route.ts"

const lanes = { main: 0, error: 0 }

test("every outcome has its word and its reason", () => {
  expect(outcomeTitle({ status: "done", ...lanes })).toBe("Done")
  expect(outcomeTitle({ status: "cancelled", ...lanes })).toBe("Stopped")
  expect(outcomeDetail({ status: "done", ...lanes })).toBe("")
  expect(outcomeDetail({ status: "error", exitCode: 3, ...lanes })).toBe("exit code 3")
  expect(outcomeDetail({ status: "error", signal: "SIGKILL", ...lanes })).toBe("killed by SIGKILL")
  expect(outcomeDetail({ status: "error", message: "no\nroom", exitCode: 1, ...lanes })).toBe("no room")
  expect(outcomeDetail({ status: "expired", ...lanes })).toContain("longer than its window")
})

test("a gap says how much of which lane is missing, and why", () => {
  const gap = { type: "gap", lane: "main", first: 10, message: 10, reason: "evicted" } as const
  expect(gapText({ ...gap, ranges: [[3, 9]] })).toBe(
    "7 chunks of the main lane missing here: the broker no longer keeps them",
  )
  expect(gapText({ ...gap, ranges: [[3, 3]] })).toContain("1 chunk of")
})

test("a job that lost its own connection has a time to come back", () => {
  expect(writerAwayText(90_000)).toBe("The job itself lost its connection; it expires in 1m 30s")
})

test("a command of others is shown in one line, and only if it is one", () => {
  expect(commandOf({ command: ["npm", "run\n", 3] })).toBe("npm run 3")
  expect([commandOf(null), commandOf({ command: "x" })]).toEqual(["", ""])
})

test("a route survives any name", () => {
  for (const job of ["demo.1", "a b&c=d#e", "ünï/code", "%41+"])
    expect(parseRoute(formatRoute({ job }))).toEqual({ job })
  expect(parseRoute("")).toEqual({ job: undefined })
  expect(parseRoute("#jobs")).toEqual({ job: undefined })
})
