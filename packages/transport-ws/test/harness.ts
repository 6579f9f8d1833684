import { createServer, type Server } from "node:http"
import { type AddressInfo, createServer as createTcpServer } from "node:net"
import type { Connection, ConnectionRequest, Listener } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { onTestFinished } from "vitest"
import { WebSocket } from "ws"
import type { PlatformSocketConstructor } from "../src/browser.ts"
import { type ListenWebSocketOptions, listenWebSocket } from "../src/index.ts"

/** The WebSocket class of `ws`, which has the platform's interface too. */
export const platformWebSocket = WebSocket as unknown as PlatformSocketConstructor

/** Waits until `condition` holds, at most some seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns === 4_000) throw new Error(`never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** A listener that starts each connection with a recorder of its own and keeps all of them; closed with the test. */
export async function recordingListener(options: Partial<ListenWebSocketOptions> = {}) {
  const accepted: { connection: Connection; seen: ConnectionRecorder; request: ConnectionRequest }[] = []
  const listener: Listener = await listenWebSocket({
    onAccept: (connection, request) => {
      const seen = new ConnectionRecorder()
      connection.start(seen)
      accepted.push({ connection, seen, request })
    },
    ...options,
  })
  onTestFinished(async () => {
    await listener.close()
    for (const { connection } of accepted) connection.terminate()
  })
  return { ...listener, url: listener.url, port: listener.address?.port ?? 0, listener, accepted }
}

/** An HTTP server that answers everything, upgrades too, with `status`; closed with the test. */
export async function answeringServer(status: number): Promise<string> {
  const server: Server = createServer((_request, response) => response.writeHead(status).end("no"))
  return `ws://127.0.0.1:${await listen(server)}/`
}

/** A TCP server that takes connections and never says a word; closed with the test. */
export async function silentServer(): Promise<{ url: string; connections: () => number }> {
  let connections = 0
  const server = createTcpServer((socket) => {
    connections++
    socket.on("error", () => undefined)
    socket.on("close", () => connections--)
    socket.resume()
  })
  return { url: `ws://127.0.0.1:${await listen(server)}/`, connections: () => connections }
}

async function listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Sockets, servers and timers that keep this process alive right now. */
export function handles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|Connect|Write/.test(name))
}
