import { ManualClock } from "@luxbus/clock/testing"
import { HIGH_WATER, LOW_WATER } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { expect, test } from "vitest"
import { INBOUND_SLACK_BYTES } from "../src/browser.ts"
import { BrowserConnection, type PlatformSocket, type PlatformSocketEvent } from "../src/browser-connection.ts"

class FakeSocket implements PlatformSocket {
  binaryType = "arraybuffer"
  readonly protocol = "luxbus.v1.bin"
  bufferedAmount = 0
  readonly closes: unknown[][] = []
  readonly #listeners = new Map<string, (event: PlatformSocketEvent) => void>()

  send(data: string | Uint8Array): void {
    this.bufferedAmount += data.length
  }

  close(...args: unknown[]): void {
    this.closes.push(args)
  }

  addEventListener(type: string, listener: (event: PlatformSocketEvent) => void): void {
    this.#listeners.set(type, listener)
  }

  emit(type: string, event: PlatformSocketEvent): void {
    this.#listeners.get(type)?.(event)
  }
}

async function openConnection() {
  const socket = new FakeSocket()
  const clock = new ManualClock()
  const connection = new BrowserConnection(socket, { clock, remoteAddress: "bus.example", maxMessageBytes: 100_000 })
  const seen = new ConnectionRecorder()
  connection.start(seen)
  await Promise.resolve()
  return { socket, clock, connection, seen }
}

test("looks at a full socket until it has drained, and then no more", async () => {
  const { socket, clock, connection, seen } = await openConnection()
  connection.send(new Uint8Array(HIGH_WATER))
  clock.advance(1_000)
  expect([seen.drains, clock.pendingTimers]).toEqual([0, 1])
  socket.bufferedAmount = LOW_WATER
  clock.advance(4)
  expect(seen.drains).toBe(0)
  socket.bufferedAmount = LOW_WATER - 1
  clock.advance(4)
  expect([seen.drains, clock.pendingTimers]).toEqual([1, 0])
})

test("sees within the next turns that a fast network drained it", async () => {
  const { socket, clock, connection, seen } = await openConnection()
  for (let round = 1; round <= 3; round++) {
    connection.send(new Uint8Array(HIGH_WATER))
    socket.bufferedAmount = 0
    clock.settle()
    expect([seen.drains, clock.pendingTimers]).toEqual([round, 0])
  }
})

test("looks once at a time, however much is sent and whoever sends as it drains", async () => {
  const { socket, clock, connection, seen } = await openConnection()
  for (let i = 0; i < 10; i++) connection.send(new Uint8Array(HIGH_WATER))
  clock.advance(1)
  expect(clock.pendingTimers).toBe(1)
  socket.bufferedAmount = 0
  clock.advance(10)
  expect(seen.drains).toBe(1)
})

test("sets no timer below the high water mark", async () => {
  const { clock, connection } = await openConnection()
  connection.send(new Uint8Array(HIGH_WATER - 1))
  clock.settle()
  expect(clock.pendingTimers).toBe(0)
})

test("stops looking once it is closing", async () => {
  const { clock, connection } = await openConnection()
  connection.send(new Uint8Array(HIGH_WATER))
  clock.advance(1)
  connection.close()
  clock.advance(10)
  expect(clock.pendingTimers).toBe(0)
})

test("sends codes that browsers may not send in the range kept for them", async () => {
  for (const [code, sent] of [
    [1000, 1000],
    [1002, 4902],
    [1011, 4911],
    [4001, 4001],
  ] as const) {
    const { socket, connection } = await openConnection()
    connection.close(code, "why")
    expect(socket.closes).toEqual([[sent, "why"]])
  }
})

test("closes with 1009 when the peer sends too large a message, and hands nothing over", async () => {
  const { socket, seen } = await openConnection()
  socket.emit("message", { data: new ArrayBuffer(100_000 + INBOUND_SLACK_BYTES) })
  socket.emit("message", { data: new ArrayBuffer(100_001 + INBOUND_SLACK_BYTES) })
  socket.emit("message", { data: "after" })
  expect(seen.messages).toHaveLength(1)
  expect(socket.closes).toHaveLength(1)
  expect(socket.closes[0]?.[0]).toBe(4909)
  socket.emit("close", { code: 1006, reason: "" })
  expect(seen.closes).toMatchObject([{ code: 1009, error: { code: "too_large" } }])
})

test("reports terminate() without waiting for a network that may be dead", async () => {
  const { socket, connection, seen } = await openConnection()
  connection.terminate()
  expect(seen.closes).toEqual([])
  await Promise.resolve()
  expect(seen.closes).toEqual([{ code: 1006, reason: "terminated" }])
  expect(socket.closes[0]?.[0]).toBe(4906)
  socket.emit("close", { code: 4906, reason: "" })
  expect(seen.closes).toHaveLength(1)
})
