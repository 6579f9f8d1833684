import type { IncomingMessage } from "node:http"
import { BusError, type ErrorCode } from "@luxbus/packet"
import type { AbortSignalLike, Connection, Dial } from "@luxbus/transport"
import { WebSocket } from "ws"
import {
  type DialWebSocketOptions,
  INBOUND_SLACK_BYTES,
  type ResolvedDialOptions,
  resolveDialOptions,
} from "./dial-options.ts"
import { NodeConnection } from "./node-connection.ts"

/**
 * Makes a Dial that opens WebSocket connections to `url`. It rejects with `connection_lost` (cannot be reached, no
 * answer within `handshakeTimeoutMs`, or an HTTP status not named here), `unauthenticated` (401), `forbidden` (403),
 * `unsupported` (400, or no common subprotocol), `cancelled` (by its `signal`).
 * @throws BusError `invalid_argument` for a URL, subprotocol, header or limit that cannot be used
 */
export function dialWebSocket(url: string, options: DialWebSocketOptions = {}): Dial {
  const { headers, token } = options
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const resolved = { ...resolveDialOptions(url, options), headers: { ...headers, ...authorization } }
  return ({ signal } = {}) => new Promise((resolve, reject) => open(resolved, signal, resolve, reject))
}

interface NodeDialOptions extends ResolvedDialOptions {
  readonly headers: Readonly<Record<string, string>>
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "unsupported",
  401: "unauthenticated",
  403: "forbidden",
}

function open(
  options: NodeDialOptions,
  signal: AbortSignalLike | undefined,
  resolve: (connection: Connection) => void,
  reject: (error: BusError) => void,
): void {
  const cancelled = () => new BusError("cancelled", "dialling was cancelled", { cause: signal?.reason })
  if (signal?.aborted) {
    reject(cancelled())
    return
  }

  const socket = createSocket(options)
  let upgrade: IncomingMessage | undefined
  const refuse = (error: BusError) => {
    signal?.removeEventListener("abort", onAbort)
    reject(error)
    socket.terminate()
  }
  const onAbort = () => refuse(cancelled())
  const onError = (cause: Error) => refuse(handshakeError(options, upgrade, cause))

  signal?.addEventListener("abort", onAbort)
  socket.once("upgrade", (response) => {
    upgrade = response
    socket.once("open", () => {
      signal?.removeEventListener("abort", onAbort)
      socket.removeAllListeners()
      const { socket: stream } = response
      const { maxMessageBytes } = options
      resolve(new NodeConnection(socket, { stream, remoteAddress: stream.remoteAddress ?? "", maxMessageBytes }))
    })
  })
  socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
    const message = `the server answered the opening handshake with status ${statusCode}`
    refuse(new BusError(CODE_OF_STATUS[statusCode] ?? "connection_lost", message, { details: { status: statusCode } }))
  })
  socket.on("error", onError)
}

function createSocket(options: NodeDialOptions): WebSocket {
  try {
    return new WebSocket(options.url, [...options.protocols], {
      headers: options.headers,
      handshakeTimeout: options.handshakeTimeoutMs,
      maxPayload: options.maxMessageBytes + INBOUND_SLACK_BYTES,
      perMessageDeflate: false,
    })
  } catch (cause) {
    throw new BusError("invalid_argument", "a subprotocol or header cannot be sent", { cause })
  }
}

function handshakeError(options: NodeDialOptions, upgrade: IncomingMessage | undefined, cause: Error): BusError {
  const chosen = upgrade?.headers["sec-websocket-protocol"]
  if (upgrade !== undefined && options.protocols.length > 0 && !options.protocols.includes(chosen ?? "")) {
    return new BusError("unsupported", "the server speaks none of the subprotocols offered", {
      cause,
      details: { offered: [...options.protocols] },
    })
  }
  return new BusError("connection_lost", "the server could not be reached", { cause })
}
