import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Socket } from "socket.io-client"
import type { Client, ClientOptions, RunningServer, System } from "../system.ts"
import { pipeBySubject } from "./pipe-by-subject.ts"

/**
 * Socket.IO as its page on performance tuning has it: bufferutil, which its `ws` finds by itself, and the msgpack parser,
 * which sends bytes in one frame and not in two. WebSocket alone, no compression. A subject is a room.
 */
export const socketIo: System = {
  async serve(): Promise<RunningServer> {
    const { Server } = await import("socket.io")
    const parser = await import("socket.io-msgpack-parser")
    const http = createServer()
    const server = new Server(http, {
      transports: ["websocket"],
      perMessageDeflate: false,
      httpCompression: false,
      serveClient: false,
      parser,
    })
    server.on("connection", (socket) => {
      socket.on("subscribe", (subject: string, done: () => void) => {
        void socket.join(subject)
        done()
      })
      socket.on("publish", (subject: string, data: Buffer) => void server.to(subject).emit(subject, data))
    })
    http.listen(0, "127.0.0.1")
    await once(http, "listening")
    return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` }
  },

  async connect(url: string, { onFailure }: ClientOptions): Promise<Client> {
    const { io } = await import("socket.io-client")
    const parser = await import("socket.io-msgpack-parser")
    const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, parser })
    await connected(socket)
    return socketClient(socket, onFailure)
  },
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve)
    socket.once("connect_error", reject)
  })
}

function socketClient(socket: Socket, onFailure: (error: Error) => void): Client {
  socket.on("disconnect", (reason) => {
    if (reason !== "io client disconnect") onFailure(new Error(`The connection was lost: ${reason}.`))
  })
  const publish: Client["publish"] = (subject, data) => {
    // The parser takes a Buffer for bytes, and any other Uint8Array for an object.
    socket.emit("publish", subject, Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    return undefined
  }
  const subscribe: Client["subscribe"] = async (subject, onMessage) => {
    socket.on(subject, onMessage)
    await socket.emitWithAck("subscribe", subject)
  }
  return {
    publish,
    subscribe,
    ...pipeBySubject({ publish, subscribe }),
    close: async () => void socket.close(),
  }
}
