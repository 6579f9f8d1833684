import { BusError } from "@luxbus/packet"
import { CloseCode, type CloseInfo } from "@luxbus/transport"

/**
 * Browsers may send 1000 and 3000 to 4999 only (WHATWG WebSockets, close()). So that a browser too can say what it
 * means, it sends 4900 + n for 1000 + n, and whoever receives that reads it back. 4906 is a browser's terminate():
 * it cannot break the connection without a closing handshake.
 */
const BROWSER_CODE_OFFSET = 3_900

/** The code that a browser sends for `code`. */
export function browserCloseCode(code: number): number {
  return code > 1000 && code < 1016 ? code + BROWSER_CODE_OFFSET : code
}

/** The code that was meant by the one received. */
function receivedCloseCode(code: number): number {
  return code > 4900 && code < 4916 ? code - BROWSER_CODE_OFFSET : code
}

/** Where a connection stands, and who is ending it why. */
export type ClosingState =
  | { readonly name: "open" }
  | { readonly name: "closing"; readonly code: number; readonly reason: string }
  | { readonly name: "terminated" }
  | { readonly name: "failed"; readonly code: number; readonly error: BusError }
  | { readonly name: "closed" }

/** What a connection tells its owner when the socket reports its end with `code` and `reason`. */
export function closeInfoOf(state: ClosingState, code: number, reason: string): CloseInfo {
  const received = receivedCloseCode(code)
  if (state.name === "terminated") return { code: CloseCode.lost, reason: "terminated" }
  if (state.name === "failed") return { code: state.code, reason: state.error.message, error: state.error }
  if (received === CloseCode.lost) return { code: received, reason: "", error: connectionLost() }
  if (state.name === "closing") return { code: state.code, reason: state.reason }
  return { code: received, reason }
}

/** The error of a connection that ended without a closing handshake. */
export function connectionLost(cause?: unknown): BusError {
  const message = "the connection ended without a closing handshake"
  return new BusError("connection_lost", message, cause === undefined ? {} : { cause })
}

/** The error of a peer that sent a message beyond the limit of this side. */
export function inboundTooLarge(maxBytes: number, cause?: unknown): BusError {
  const message = `the peer sent a message of more than ${maxBytes} bytes`
  return new BusError("too_large", message, { details: { maxBytes }, ...(cause === undefined ? {} : { cause }) })
}
