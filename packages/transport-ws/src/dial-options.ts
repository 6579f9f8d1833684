import { BusError, LIMITS } from "@luxbus/packet"

/** Settings of `dialWebSocket`, the same in Node and in browsers. */
export interface DialWebSocketOptions {
  /** Subprotocols to offer, preferred first. Default: `["luxbus.v1.bin"]`. Empty: none is asked for. */
  readonly protocols?: readonly string[]
  /** Headers of the opening request. Node only: browsers let nobody set them. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `Authorization: Bearer <token>`. Node only; what authenticates the session itself travels inside it. */
  readonly token?: string
  /** How long the opening handshake may take. Default 10 000: a slow mobile network passes, a dead host does not. */
  readonly handshakeTimeoutMs?: number
  /** The longest message that `send()` takes. Default: 1 MiB, the protocol's limit. */
  readonly maxMessageBytes?: number
}

/** {@link DialWebSocketOptions} with the defaults filled in. */
export interface ResolvedDialOptions {
  readonly url: string
  readonly protocols: readonly string[]
  readonly handshakeTimeoutMs: number
  readonly maxMessageBytes: number
}

/** The subprotocol of binary frames: what both sides speak unless told otherwise. */
export const DEFAULT_PROTOCOLS: readonly string[] = ["luxbus.v1.bin"]

/**
 * Bytes that an inbound message may have beyond the limit of outbound ones, so that a peer that overshoots a little is
 * told so by the session and not cut off. Beyond it the connection closes with 1009.
 */
export const INBOUND_SLACK_BYTES = 65_536

/** @throws BusError `invalid_argument` for anything but a ws: or wss: URL without a fragment, or a limit not above 0 */
export function resolveDialOptions(url: string, options: DialWebSocketOptions): ResolvedDialOptions {
  return {
    url: checkUrl(url),
    protocols: options.protocols ?? DEFAULT_PROTOCOLS,
    handshakeTimeoutMs: checkPositive("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 10_000),
    maxMessageBytes: checkPositive("maxMessageBytes", options.maxMessageBytes ?? LIMITS.messageBytes),
  }
}

/** @throws BusError `invalid_argument` unless `value` is a whole number above 0 */
export function checkPositive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value
  throw new BusError("invalid_argument", `${name} is ${value}, and must be a whole number above 0`)
}

function checkUrl(text: string): string {
  const url = parseUrl(text)
  if (url === undefined || (url.protocol !== "ws:" && url.protocol !== "wss:") || url.hash !== "") {
    // A query may hold a secret, and errors end up in logs.
    throw new BusError("invalid_argument", `"${text.split("?", 1)[0]}" is no ws: or wss: URL without a fragment`)
  }
  return url.href
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
