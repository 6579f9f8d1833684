import {
  connect as connectSocket,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net"
import { type Bus, connect, Bus as ProcessBus, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import { createServer, type ServerOptions } from "@luxbus/server"
import { type MemoryPair, memoryListener } from "@luxbus/transport"
import { jsonDial } from "./json-dial.ts"

/** A broker and its participants, whose connections a test can cut. */
export interface System {
  connect(id: string): Promise<Bus>
  /** Cuts the connection of one participant; it reconnects by itself. */
  cut(id: string): void
  /** Lets nothing through any more to or from one participant until it reconnects otherwise: its network is gone. */
  block(id: string): void
  unblock(id: string): void
  close(): Promise<void>
}

/** How each kind of system is made. Every scenario runs on all of them. */
export const SYSTEMS: Readonly<Record<string, (options?: ServerOptions) => Promise<System>>> = {
  "in process": async (options = {}) => inProcess(options, () => BINARY),
  "in JSON": async (options = {}) => inProcess(options, () => JSON_TEXT),
  "in JSON and binary by turns": async (options = {}) => inProcess(options, (n) => (n % 2 === 0 ? JSON_TEXT : BINARY)),
  "over WebSocket": overWebSocket,
}

const BINARY = "luxbus.v1.bin"
const JSON_TEXT = "luxbus.v1.json"

/** @param protocolOf what the n-th participant speaks */
function inProcess(options: ServerOptions, protocolOf: (n: number) => string): System {
  const clock = systemClock()
  const server = createServer(options)
  const buses: Bus[] = []
  const pairs = new Map<string, MemoryPair>()
  const blocked = new Set<string>()
  return {
    async connect(id) {
      const protocol = protocolOf(buses.length)
      const place = memoryListener({ clock, protocol, onPair: (pair) => pairs.set(id, pair) })
      place.listen((connection, request) => {
        if (blocked.has(id)) connection.terminate()
        server.accept(connection, request)
      })
      const dial = protocol === BINARY ? place.dial : jsonDial(place.dial)
      const bus = new ProcessBus({ clock, random: systemRandom(), createHash: platformSha256(), dial }, { id })
      await bus.connected
      buses.push(bus)
      return bus
    },
    cut: (id) => pairs.get(id)?.cut(),
    block: (id) => {
      blocked.add(id)
      pairs.get(id)?.cut()
    },
    unblock: (id) => void blocked.delete(id),
    async close() {
      for (const bus of buses) await bus.close()
      await server.close()
    },
  }
}

async function overWebSocket(options: ServerOptions = {}): Promise<System> {
  const server = createServer(options)
  const listener = await server.listen()
  const brokerPort = listener.address?.port ?? 0
  const proxies = new Map<string, CuttableProxy>()
  const buses: Bus[] = []
  return {
    async connect(id) {
      const proxy = await cuttableProxy(brokerPort)
      proxies.set(id, proxy)
      const bus = await connect(`ws://127.0.0.1:${proxy.port}`, { id })
      buses.push(bus)
      return bus
    },
    cut: (id) => proxies.get(id)?.cut(),
    block: (id) => proxies.get(id)?.block(true),
    unblock: (id) => proxies.get(id)?.block(false),
    async close() {
      for (const bus of buses) await bus.close()
      await server.close()
      for (const proxy of proxies.values()) await proxy.close()
    },
  }
}

interface CuttableProxy {
  readonly port: number
  cut(): void
  block(on: boolean): void
  close(): Promise<void>
}

async function cuttableProxy(brokerPort: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>()
  let blocked = false
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => {
      sockets.delete(socket)
      other().destroy()
    })
  }
  const proxy: TcpServer = createTcpServer({ noDelay: true }, (near) => {
    if (blocked) {
      near.destroy()
      return
    }
    const far = connectSocket({ port: brokerPort, host: "127.0.0.1", noDelay: true })
    keep(near, () => far)
    keep(far, () => near)
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  const address = proxy.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    block(on) {
      blocked = on
      if (on) cut()
    },
    close: () =>
      new Promise((resolve) => {
        cut()
        proxy.close(() => resolve())
      }),
  }
}
