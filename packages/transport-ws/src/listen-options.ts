import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Server as HttpsServer } from "node:https"
import type { BusError } from "@luxbus/packet"
import type { Accept } from "@luxbus/transport"

/** Answers a plain HTTP request. What it throws or rejects with becomes a 500. */
export type OnRequest = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Settings of `listenWebSocket`. */
export interface ListenWebSocketOptions {
  /** Takes each connection as it opens. */
  readonly onAccept: Accept
  /** Where to listen. Default "127.0.0.1": nobody outside this machine, until asked for. */
  readonly host?: string
  /** Default 0: a free port, which `listener.address` tells. */
  readonly port?: number
  /** The only path that takes connections. Default: any. */
  readonly path?: string
  /** Subprotocols spoken here. The client's first that is among them is chosen. Default: `["luxbus.v1.bin"]`. */
  readonly protocols?: readonly string[]
  /** Origins of other sites whose pages may connect. Default: none; pages of this server's own origin always may. */
  readonly origins?: readonly string[] | "any"
  /** Names under which this server is reached. Default: none; loopback names and its own address always may. */
  readonly hosts?: readonly string[] | "any"
  /** An HTTP or HTTPS server to share; its owner listens and closes. `host` and `port` do not apply then. */
  readonly server?: Server | HttpsServer
  /** Answers plain HTTP requests that pass the same checks of Origin and Host. Default: 426. Not with `server`. */
  readonly onRequest?: OnRequest
  /**
   * Hears of what went wrong in the background, as `internal` with its cause: `onAccept` or `onRequest` threw, the
   * system refused to accept a connection. The listener goes on. Default: nobody hears of it.
   */
  readonly onError?: (error: BusError) => void
  /** The longest message that `send()` takes. Default: 1 MiB, the protocol's limit. */
  readonly maxMessageBytes?: number
}
