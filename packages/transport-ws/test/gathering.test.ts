import { createServer } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { expect, onTestFinished, test, vi } from "vitest"
import { dialWebSocket } from "../src/index.ts"
import { recordingListener, until } from "./harness.ts"

/** An accepted connection, the writes to its socket counted from now on. */
async function countedConnection() {
  const server = createServer()
  onTestFinished(() => void server.close())
  const sockets: Socket[] = []
  server.on("connection", (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { accepted } = await recordingListener({ server })
  const client = await dialWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)()
  const received = new ConnectionRecorder()
  client.start(received)
  await until(() => accepted.length === 1)
  const [socket, connection] = [sockets[0], accepted[0]?.connection]
  if (socket === undefined || connection === undefined) throw new Error("nothing was accepted")
  const writes = [vi.spyOn(socket, "_write"), vi.spyOn(socket, "_writev" as "_write")]
  return { connection, client, received, writes: () => writes.reduce((sum, spy) => sum + spy.mock.calls.length, 0) }
}

test("writes the small messages of a turn at once, at the turn's end", async () => {
  const { connection, client, received, writes } = await countedConnection()
  for (let i = 0; i < 100; i++) connection.send(Uint8Array.of(i))
  expect(writes()).toBe(0)
  await until(() => received.messages.length === 100)
  expect(writes()).toBe(1)
  connection.send("next turn")
  await until(() => received.messages.length === 101)
  expect(writes()).toBe(2)
  client.terminate()
})

test("writes before the turn's end once enough has gathered, so that it does not seem full while it is not", async () => {
  const { connection, client, received, writes } = await countedConnection()
  for (let i = 0; i < 200; i++) connection.send(new Uint8Array(1_000))
  expect(writes()).toBeGreaterThan(5)
  expect(connection.undrainedBytes).toBeLessThan(20_000)
  await until(() => received.messages.length === 200)
  client.terminate()
})

test("writes a large message at once, after the small ones before it", async () => {
  const { connection, client, received, writes } = await countedConnection()
  connection.send("small")
  connection.send(new Uint8Array(100_000))
  expect(writes()).toBeGreaterThan(0)
  connection.send("last")
  connection.close()
  await until(() => received.closes.length === 1)
  expect(received.messages.map((message) => message.length)).toEqual([5, 100_000, 4])
  client.terminate()
})
