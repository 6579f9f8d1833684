import { constants } from "node:os"
import type { Outcome } from "@luxbus/packet"

/** What a shell adds to a signal's number. */
const SIGNAL_BASE = 128
/** 128 + SIGINT: what an interrupted program ends with. */
export const INTERRUPTED = 130

/** The exit code of a process that a signal ended, as shells tell it. */
export function signalExitCode(signal: string): number {
  const numbers: Readonly<Record<string, number>> = constants.signals
  return SIGNAL_BASE + (numbers[signal] ?? 0)
}

/** The exit code of who watched a stream to its end: the job's own, where it has one. */
export function outcomeExitCode(outcome: Outcome): number {
  switch (outcome.status) {
    case "done":
      return 0
    case "cancelled":
      return INTERRUPTED
    case "expired":
      return 1
    case "error":
      if (outcome.signal !== undefined) return signalExitCode(outcome.signal)
      return outcome.exitCode === undefined || outcome.exitCode === 0 ? 1 : outcome.exitCode
  }
}
