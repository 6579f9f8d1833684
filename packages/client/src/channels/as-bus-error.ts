import { BusError } from "@luxbus/packet"

/** An error as a BusError: what is none becomes `internal`, with its message. */
export function asBusError(error: unknown): BusError {
  if (error instanceof BusError) return error
  return new BusError("internal", error instanceof Error ? error.message : String(error), { cause: error })
}
