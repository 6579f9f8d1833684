import type { Outcome } from "@luxbus/packet"

/** A stream's outcome as a line for people; empty where the exit code says it. */
export function endingText(id: string, { status, reason, message, exitCode }: Outcome): string {
  if (status === "done" || exitCode !== undefined) return ""
  const detail = message ?? reason
  return `luxbus: ${id} ${status === "error" ? "failed" : status}${detail === undefined ? "" : `: ${detail}`}\n`
}
