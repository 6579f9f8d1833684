import { BusError } from "@luxbus/packet"

/** The code of the BusError that `call` throws; undefined if it throws none. */
export function codeOf(call: () => void): string | undefined {
  try {
    call()
  } catch (error) {
    return error instanceof BusError ? error.code : String(error)
  }
  return undefined
}
