import { constants } from "node:os"
import type { Outcome } from "@luxbus/packet"
import { expect, test } from "vitest"
import { outcomeExitCode, signalExitCode } from "../src/exit-code.ts"

const lanes = { main: 1, error: 0 }

test.each<[string, Outcome, number]>([
  ["done", { status: "done", ...lanes }, 0],
  ["an exit code", { status: "error", exitCode: 3, ...lanes }, 3],
  ["a signal", { status: "error", signal: "SIGKILL", ...lanes }, 137],
  ["an error without either", { status: "error", code: "fenced", ...lanes }, 1],
  ["an error that claims exit code 0", { status: "error", exitCode: 0, ...lanes }, 1],
  ["cancelled", { status: "cancelled", ...lanes }, 130],
  ["expired", { status: "expired", ...lanes }, 1],
])("of %s", (_, outcome, exitCode) => {
  expect(outcomeExitCode(outcome)).toBe(exitCode)
})

test("of a signal is 128 and its number; of an unknown one 128", () => {
  expect(signalExitCode("SIGTERM")).toBe(128 + constants.signals.SIGTERM)
  expect(signalExitCode("SIGNONSENSE")).toBe(128)
})
