import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Server as HttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { BusError } from "@luxbus/packet"
import type { Listener } from "@luxbus/transport"
import { respondText } from "./http-answer.ts"
import type { ListenWebSocketOptions } from "./listen-options.ts"
import { RequestGuard } from "./request-guard.ts"
import { UpgradeAcceptor } from "./upgrade-acceptor.ts"

/**
 * Accepts WebSocket connections. A request whose Host is not this server's, or whose Origin is another site's, is
 * refused with 403; one that offers only unknown subprotocols with 400; one that offers none is accepted without.
 * Resolves once the address is bound.
 * @throws BusError `invalid_argument` when the address cannot be bound (`details`: host, port, reason, as `EADDRINUSE`)
 * or an option cannot be used
 */
export async function listenWebSocket(options: ListenWebSocketOptions): Promise<Listener> {
  if (options.server !== undefined && options.onRequest !== undefined) {
    throw new BusError("invalid_argument", "onRequest belongs to the listener's own server, not to one that it shares")
  }
  const acceptor = new UpgradeAcceptor(options)
  return options.server === undefined ? listenAlone(options, acceptor) : listenShared(options.server, options, acceptor)
}

async function listenAlone(options: ListenWebSocketOptions, acceptor: UpgradeAcceptor): Promise<Listener> {
  const { host = "127.0.0.1", port = 0 } = options
  const guard = guardOf(options, host)
  const server = createServer((request, response) => {
    const refusal = guard.refusalOf(request)
    if (refusal !== undefined) respondText(response, refusal.status, refusal.text)
    else void answer(options, request, response)
  })
  server.on("upgrade", (request, socket, head) => acceptor.upgrade(guard, request, socket, head))
  await bind(server, host, port)
  server.on("error", (cause) => options.onError?.(new BusError("internal", "a connection was not accepted", { cause })))
  const address = server.address() as AddressInfo
  return {
    url: urlOf("ws:", address, options.path),
    address: { host: address.address, port: address.port },
    async close() {
      acceptor.close()
      // Its callback would wait for every accepted connection; the address is free as soon as the call returns.
      server.close()
      server.closeIdleConnections()
    },
  }
}

function listenShared(
  server: Server | HttpsServer,
  options: ListenWebSocketOptions,
  acceptor: UpgradeAcceptor,
): Listener {
  const bound = () => {
    const address = server.address()
    return address === null || typeof address === "string" ? undefined : address
  }
  let guard = guardOf(options, bound()?.address)
  const onListening = () => {
    guard = guardOf(options, bound()?.address)
  }
  server.on("listening", onListening)
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Another listener of the shared server may be waiting for this path.
    if (!acceptor.takesPath(request) && server.listenerCount("upgrade") > 1) return
    acceptor.upgrade(guard, request, socket, head)
  }
  server.on("upgrade", onUpgrade)
  const scheme = "setSecureContext" in server ? "wss:" : "ws:"
  return {
    get url() {
      const address = bound()
      return address === undefined ? "" : urlOf(scheme, address, options.path)
    },
    get address() {
      const address = bound()
      return address === undefined ? undefined : { host: address.address, port: address.port }
    },
    async close() {
      acceptor.close()
      server.off("upgrade", onUpgrade)
      server.off("listening", onListening)
    },
  }
}

function guardOf({ origins = [], hosts = [] }: ListenWebSocketOptions, boundHost: string | undefined): RequestGuard {
  return new RequestGuard({ origins, hosts, boundHost })
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === "EADDRINUSE"
      const why = inUse
        ? "the port is in use; stop what listens there, or choose another (0: any free one)"
        : cause.message
      const details = { host, port, reason: cause.code ?? cause.name }
      reject(new BusError("invalid_argument", `cannot listen on ${host}:${port}: ${why}`, { cause, details }))
    }
    server.once("error", refuse)
    try {
      server.listen(port, host, () => {
        server.off("error", refuse)
        resolve()
      })
    } catch (cause) {
      refuse(cause as NodeJS.ErrnoException)
    }
  })
}

async function answer(
  { onRequest = upgradeRequired, onError }: ListenWebSocketOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await onRequest(request, response)
  } catch (cause) {
    if (response.headersSent) response.destroy()
    else respondText(response, 500, "The request could not be answered.")
    onError?.(new BusError("internal", "onRequest threw", { cause }))
  }
}

function upgradeRequired(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("upgrade", "websocket")
  respondText(response, 426, "This server speaks WebSocket.")
}

/** A wildcard address cannot be dialled: its loopback address stands in. */
function urlOf(scheme: string, { address, family, port }: AddressInfo, path = "/"): string {
  if (address === "0.0.0.0") return `${scheme}//127.0.0.1:${port}${path}`
  if (address === "::") return `${scheme}//[::1]:${port}${path}`
  return `${scheme}//${family === "IPv6" ? `[${address}]` : address}:${port}${path}`
}
