import type { Outcome } from "@luxbus/packet"
import { oneLine } from "../shared/shown-text.ts"

/** An outcome in a word. */
export function outcomeTitle({ status }: Outcome): string {
  switch (status) {
    case "done":
      return "Done"
    case "error":
      return "Failed"
    case "cancelled":
      return "Stopped"
    case "expired":
      return "Expired"
  }
}

/** Why it ended so; empty where there is nothing to say. */
export function outcomeDetail({ status, message, reason, exitCode, signal, code }: Outcome): string {
  const said = message ?? reason
  if (said !== undefined) return oneLine(said)
  if (exitCode !== undefined) return `exit code ${exitCode}`
  if (signal !== undefined) return `killed by ${oneLine(signal)}`
  if (code !== undefined) return oneLine(code)
  return status === "expired" ? "the job was away for longer than its window" : ""
}
