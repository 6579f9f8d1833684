import { BusError } from "@luxbus/packet"
import { truncateUtf8 } from "./message.ts"

/** The WebSocket close codes that transports use themselves (RFC 6455 §7.4.1). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  /** Never sent: the connection ended without a closing handshake. */
  lost: 1006,
  invalidText: 1007,
  tooLarge: 1009,
  internal: 1011,
} as const

/** Bytes of UTF-8 that a close reason may have (RFC 6455 §5.5: 125 for a control frame, 2 of them the code). */
export const MAX_CLOSE_REASON_BYTES = 123

/**
 * Refuses what may not be sent as a close code. 4900 to 4999 are kept for browsers, which may send none of 1001 to
 * 1015: there 49xx stands for 10xx.
 * @throws BusError `invalid_argument`
 */
export function checkCloseCode(code: number): void {
  const registered = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
  const own = code >= 3000 && code < 4900
  if (Number.isInteger(code) && (registered || own)) return
  throw new BusError("invalid_argument", `${code} may not be sent as a close code`, { details: { code } })
}

/** Cuts a close reason to {@link MAX_CLOSE_REASON_BYTES}. */
export function truncateCloseReason(reason: string): string {
  return truncateUtf8(reason, MAX_CLOSE_REASON_BYTES)
}
