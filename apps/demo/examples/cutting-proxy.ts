import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** A bad network between clients and their broker: a TCP proxy that counts what passes, and breaks when it is told to. */
export interface CuttingProxy {
  /** Where clients connect in place of the broker. */
  readonly url: string
  /** Bytes that came from clients so far. */
  readonly sentBytes: number
  /** Resets every connection; what is on its way is lost. New ones get through. */
  cut(): void
  close(): void
}

/** @param brokerUrl as `ws://127.0.0.1:7700/` */
export async function openCuttingProxy(brokerUrl: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(brokerUrl)
  const sockets = new Set<Socket>()
  let sentBytes = 0
  const server = createServer((client) => {
    const broker = connect(Number(port), hostname)
    client.on("data", (data) => {
      sentBytes += data.length
    })
    client.pipe(broker).pipe(client)
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on("error", () => {}) // "close" follows
      socket.on("close", () => {
        sockets.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get sentBytes() {
      return sentBytes
    },
    cut,
    close() {
      server.close()
      cut()
    },
  }
}
