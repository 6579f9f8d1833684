import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** A TCP proxy to `port` on loopback whose traffic a test can hold back, so that a stalled network is a real one. */
export async function tcpProxy(port: number) {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay()
    socket.on("error", () => socket.destroy())
    socket.on("close", () => sockets.delete(socket))
  }
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      keep(from)
      from.on("data", (bytes) => {
        if (!to.write(bytes)) from.pause()
      })
      to.on("drain", () => {
        if (!stalled) from.resume()
      })
      from.on("end", () => to.end())
      // A reset here is a reset there.
      from.on("close", () => from.readableEnded || to.resetAndDestroy())
    }
  })
  let stalled = false
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stall() {
      stalled = true
      for (const socket of sockets) socket.pause()
    },
    unstall() {
      stalled = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
