import { LIMITS } from "@luxbus/packet"
import type { Connection, Dial } from "@luxbus/transport"
import { connectionConformance } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { WebSocket } from "ws"
import { dialWebSocket as dialFromBrowser, type PlatformSocketConstructor } from "../src/browser.ts"
import { dialWebSocket, listenWebSocket } from "../src/index.ts"
import { tcpProxy } from "./tcp-proxy.ts"

const dialers: Readonly<Record<string, (url: string) => Dial>> = {
  "the Node client": (url) => dialWebSocket(url),
  "the browser client on a WHATWG WebSocket": (url) =>
    dialFromBrowser(url, { WebSocket: WebSocket as unknown as PlatformSocketConstructor }),
}

for (const [name, dialer] of Object.entries(dialers)) {
  connectionConformance({
    name: `WebSocket with ${name}`,
    describe,
    test,
    expect,
    maxMessageBytes: LIMITS.messageBytes,
    async open(dialled, accepted) {
      const listener = await listenWebSocket({ onAccept: (connection: Connection) => accepted(connection) })
      const proxy = await tcpProxy(listener.address?.port ?? 0)
      dialled(await dialer(`ws://127.0.0.1:${proxy.port}/`)())
      return {
        stall: proxy.stall,
        unstall: proxy.unstall,
        async release() {
          await listener.close()
          await proxy.close()
        },
      }
    },
    turn: () => new Promise((resolve) => setTimeout(resolve, 1)),
  })
}
