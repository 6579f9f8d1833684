import type { JsonObject } from "@luxbus/packet"
import { oneLine } from "../shared/shown-text.ts"

/** The command that a job says it runs; empty where it says none. Another client wrote it: it is shown, no more. */
export function commandOf(headers: JsonObject | null): string {
  const command = headers?.["command"]
  return Array.isArray(command) ? oneLine(command.map(String).join(" ")) : ""
}
