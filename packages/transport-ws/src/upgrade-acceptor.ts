import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { BusError, LIMITS } from "@luxbus/packet"
import type { ConnectionRequest } from "@luxbus/transport"
import { type WebSocket, WebSocketServer } from "ws"
import { checkPositive, DEFAULT_PROTOCOLS, INBOUND_SLACK_BYTES } from "./dial-options.ts"
import { refuseUpgrade } from "./http-answer.ts"
import type { ListenWebSocketOptions } from "./listen-options.ts"
import { NodeConnection } from "./node-connection.ts"
import type { Refusal, RequestGuard } from "./request-guard.ts"

/** Decides on upgrade requests and turns them into connections. */
export class UpgradeAcceptor {
  readonly #options: ListenWebSocketOptions
  readonly #protocols: readonly string[]
  readonly #maxMessageBytes: number
  readonly #upgrader: WebSocketServer
  #closed = false

  constructor(options: ListenWebSocketOptions) {
    this.#options = options
    this.#protocols = options.protocols ?? DEFAULT_PROTOCOLS
    this.#maxMessageBytes = checkPositive("maxMessageBytes", options.maxMessageBytes ?? LIMITS.messageBytes)
    this.#upgrader = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#maxMessageBytes + INBOUND_SLACK_BYTES,
      handleProtocols: (offered) => [...offered].find((name) => this.#protocols.includes(name)) ?? false,
    })
  }

  /** Refuses every request from here on. */
  close(): void {
    this.#closed = true
  }

  /** Whether connections are taken at the path that `request` asks for. */
  takesPath(request: IncomingMessage): boolean {
    return this.#options.path === undefined || request.url?.split("?", 1)[0] === this.#options.path
  }

  /** Opens a connection for `request`, or answers why not. */
  upgrade(guard: RequestGuard, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(guard, request)
    if (refusal !== undefined) refuseUpgrade(socket, refusal)
    else this.#upgrader.handleUpgrade(request, socket, head, (opened) => this.#accept(opened, socket, request))
  }

  #refusalOf(guard: RequestGuard, request: IncomingMessage): Refusal | undefined {
    if (this.#closed) return { status: 503, text: "This server takes no more connections." }
    const refusal = guard.refusalOf(request)
    if (refusal !== undefined) return refusal
    if (!this.takesPath(request)) return { status: 404, text: "Nothing takes connections at this path." }
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim())
    if (offered === undefined || offered.some((name) => this.#protocols.includes(name))) return undefined
    return { status: 400, text: `Subprotocols spoken here: ${this.#protocols.join(", ")}` }
  }

  #accept(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const details = requestOf(request)
    const connection = new NodeConnection(socket, {
      stream,
      remoteAddress: details.remoteAddress,
      maxMessageBytes: this.#maxMessageBytes,
    })
    try {
      this.#options.onAccept(connection, details)
    } catch (cause) {
      connection.fail(cause)
      this.#options.onError?.(new BusError("internal", "onAccept threw", { cause }))
    }
  }
}

function requestOf(request: IncomingMessage): ConnectionRequest {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value
  return {
    headers,
    url: request.url ?? "/",
    remoteAddress: request.socket.remoteAddress ?? "",
    secure: "encrypted" in request.socket,
  }
}
