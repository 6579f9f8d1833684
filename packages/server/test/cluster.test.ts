import { systemClock } from "@luxbus/clock"
import { MemoryBackplane } from "@luxbus/dispatcher"
import type { Dial } from "@luxbus/transport"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, expect, test } from "vitest"
import { createServer, type Server } from "../src/index.ts"
import { HELLO, rawClient } from "./raw-client.ts"

const servers: Server[] = []

/** Two brokers on one backplane, each on a port of loopback, on a time of day that moves at each look. */
async function twoBrokers() {
  let wallMs = Date.now()
  const clock = { ...systemClock(), wallNow: () => wallMs++ }
  const backplane = new MemoryBackplane(clock)
  const start = async () => {
    const server = createServer({}, { clock, backplane: backplane.join() })
    servers.push(server)
    const { url } = await server.listen()
    return { server, dial: dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }) }
  }
  return [await start(), await start()] as const
}

async function welcomed(dial: Dial, id: string, secret: string) {
  const client = await rawClient(dial)
  client.say((writer) => writer.control(0, 0, { hello: { ...HELLO, id, secret: secret.repeat(43) } }))
  await client.until((fields) => fields.welcome !== undefined)
  return client
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

test("ends the connection that a client has left for another broker, and none of another session's", async () => {
  const [a, b] = await twoBrokers()
  const left = await welcomed(a.dial, "r", "r")
  await welcomed(a.dial, "shared", "1")
  await welcomed(b.dial, "shared", "2")
  const moved = await welcomed(b.dial, "r", "r")
  const { code, error } = await left.closed
  expect({ code, error: error?.code }).toEqual({ code: 1006, error: "connection_lost" })
  await expect.poll(() => a.server.connectionCount).toBe(1)
  expect(b.server.connectionCount).toBe(2)
  moved.connection.terminate()
})
