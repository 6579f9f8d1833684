import type { BusError } from "@luxbus/packet"

/** The code of the BusError that `call` throws; undefined if it throws none. */
export function codeOf(call: () => void): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as BusError).code
  }
}
