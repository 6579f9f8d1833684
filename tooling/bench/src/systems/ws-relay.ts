import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"
import type { Client, ClientOptions, RunningServer, System } from "../system.ts"
import { pipeBySubject } from "./pipe-by-subject.ts"

/**
 * The least that a server on `ws` can do: each message goes to every other socket. No subjects, no ids, no memory.
 * As ws recommends: no compression, and bufferutil, which it finds by itself.
 */
export const wsRelay: System = {
  async serve(): Promise<RunningServer> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false })
    server.on("connection", (from) => {
      from.on("message", (data: Buffer) => {
        for (const socket of server.clients) if (socket !== from) socket.send(data, SEND_OPTIONS)
      })
    })
    await once(server, "listening")
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }
  },

  async connect(url: string, { onFailure }: ClientOptions): Promise<Client> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await once(socket, "open")
    return relayClient(socket, onFailure)
  },
}

const SEND_OPTIONS = { binary: true } as const

function relayClient(socket: WebSocket, onFailure: (error: Error) => void): Client {
  let closing = false
  socket.on("error", onFailure)
  socket.on("close", () => !closing && onFailure(new Error("The connection was lost.")))

  const publish: Client["publish"] = (_subject, data) => {
    socket.send(data, SEND_OPTIONS)
    return undefined
  }
  const subscribe: Client["subscribe"] = async (_subject, onMessage) => {
    socket.on("message", (data: Buffer) => onMessage(data))
  }
  return {
    publish,
    subscribe,
    ...pipeBySubject({ publish, subscribe }),
    async close() {
      closing = true
      socket.close()
      await once(socket, "close")
    },
  }
}
