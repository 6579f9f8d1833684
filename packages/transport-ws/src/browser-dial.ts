import { type Clock, systemClock } from "@luxbus/clock"
import { BusError } from "@luxbus/packet"
import type { AbortSignalLike, Connection, Dial } from "@luxbus/transport"
import { BrowserConnection, type PlatformSocket, type PlatformSocketConstructor } from "./browser-connection.ts"
import { type DialWebSocketOptions, type ResolvedDialOptions, resolveDialOptions } from "./dial-options.ts"

/** {@link DialWebSocketOptions}, and what stands in for the platform in tests. */
export interface BrowserDialOptions extends DialWebSocketOptions {
  /** Default: the platform's own. */
  readonly WebSocket?: PlatformSocketConstructor
  /** Default: the platform's own. */
  readonly clock?: Clock
}

interface Platform {
  readonly WebSocket: PlatformSocketConstructor
  readonly clock: Clock
}

/**
 * Makes a Dial that opens WebSocket connections to `url` from a browser. It rejects with `connection_lost` (cannot be
 * reached, refused by the server, no answer within `handshakeTimeoutMs`: browsers tell no reason), `unsupported` (the
 * server chose no subprotocol), `cancelled` (by its `signal`).
 * @throws BusError `invalid_argument` for a URL or limit that cannot be used; `unsupported` for `headers` and `token`,
 * which browsers do not let through, and where the platform has no WebSocket
 */
export function dialWebSocket(url: string, options: BrowserDialOptions = {}): Dial {
  const resolved = resolveDialOptions(url, options)
  if (options.token !== undefined || options.headers !== undefined) {
    throw new BusError("unsupported", "browsers send neither headers nor a token with the opening handshake")
  }
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: PlatformSocketConstructor }).WebSocket
  if (WebSocket === undefined) throw new BusError("unsupported", "no WebSocket here: pass one in options")
  const platform = { WebSocket, clock: options.clock ?? systemClock() }
  return ({ signal } = {}) => new Promise((resolve, reject) => open(resolved, platform, signal, resolve, reject))
}

function open(
  options: ResolvedDialOptions,
  { WebSocket, clock }: Platform,
  signal: AbortSignalLike | undefined,
  resolve: (connection: Connection) => void,
  reject: (error: BusError) => void,
): void {
  const cancelled = () => new BusError("cancelled", "dialling was cancelled", { cause: signal?.reason })
  if (signal?.aborted) {
    reject(cancelled())
    return
  }

  const socket = createSocket(WebSocket, options)
  const settle = () => {
    signal?.removeEventListener("abort", onAbort)
    timer.cancel()
  }
  const refuse = (error: BusError) => {
    settle()
    reject(error)
    socket.close()
  }
  const lost = (why: string, cause?: unknown) => refuse(new BusError("connection_lost", why, { cause }))
  const onAbort = () => refuse(cancelled())

  signal?.addEventListener("abort", onAbort)
  const timer = clock.setTimer(options.handshakeTimeoutMs, () =>
    lost(`the server did not answer within ${options.handshakeTimeoutMs} ms`),
  )
  let pending = true
  socket.addEventListener("error", (event) => {
    if (pending) lost("the server could not be reached", event)
  })
  socket.addEventListener("close", (event) => {
    if (pending) lost("the server could not be reached", event)
  })
  socket.addEventListener("open", () => {
    pending = false
    if (options.protocols.length > 0 && !options.protocols.includes(socket.protocol)) {
      refuse(new BusError("unsupported", "the server speaks none of the subprotocols offered"))
      return
    }
    settle()
    const { maxMessageBytes } = options
    resolve(new BrowserConnection(socket, { clock, maxMessageBytes, remoteAddress: new URL(options.url).host }))
  })
}

function createSocket(WebSocket: PlatformSocketConstructor, options: ResolvedDialOptions): PlatformSocket {
  try {
    const socket = new WebSocket(options.url, [...options.protocols])
    socket.binaryType = "arraybuffer"
    return socket
  } catch (cause) {
    throw new BusError("invalid_argument", "the platform refuses this URL or subprotocol", { cause })
  }
}
