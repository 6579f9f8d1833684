import type { Packet } from "@luxbus/packet"
import { WebSocket } from "ws"

/** A bare WebSocket on which a test says and hears JSON, as somebody would by hand. */
export interface TextClient {
  /** Packets in the order of their coming. */
  readonly heard: Packet[]
  /** Resolves when the connection is over. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly socket: WebSocket
  /** Sends a text as it stands, or packets as one message. */
  say(message: string | Packet | readonly Packet[]): void
  /** Resolves with the first packet, of all that came, that satisfies the condition. */
  until(condition: (packet: Packet) => boolean): Promise<Packet>
  close(): Promise<void>
}

/** @param protocols what to offer. Default: nothing, as a client by hand does */
export async function textClient(url: string, protocols: readonly string[] = []): Promise<TextClient> {
  const socket = new WebSocket(url, [...protocols])
  const heard: Packet[] = []
  const watchers = new Set<() => void>()
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on("message", (data) => {
    const message: Packet | Packet[] = JSON.parse(data.toString())
    heard.push(...(Array.isArray(message) ? message : [message]))
    for (const watch of watchers) watch()
  })
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve)
    socket.on("error", reject)
  })
  return {
    heard,
    closed,
    socket,
    say: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    until: (condition) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = heard.find(condition)
          if (found === undefined) return
          watchers.delete(watch)
          resolve(found)
        }
        watchers.add(watch)
        watch()
      }),
    async close() {
      socket.close()
      await closed
    },
  }
}
