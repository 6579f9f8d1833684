import { createServer, request as httpRequest } from "node:http"
import type { AddressInfo } from "node:net"
import { connect } from "node:net"
import type { BusError } from "@luxbus/packet"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { WebSocket } from "ws"
import { dialWebSocket, INBOUND_SLACK_BYTES, type ListenWebSocketOptions, listenWebSocket } from "../src/index.ts"
import { handles, recordingListener, until } from "./harness.ts"

describe("Origin and Host", () => {
  const open: readonly [string, Partial<ListenWebSocketOptions>, Record<string, string>][] = [
    ["no Origin", {}, {}],
    ["a loopback name", {}, { host: "localhost:8080" }],
    ["a name below localhost", {}, { host: "app.localhost" }],
    ["loopback in IPv6", {}, { host: "[::1]:80" }],
    ["a page of the server's own", {}, { host: "localhost:8080", origin: "http://localhost:8080" }],
    [
      "a page of its own behind a TLS proxy",
      { hosts: ["bus.example"] },
      { host: "bus.example", origin: "https://bus.example" },
    ],
    ["a name that was added, in any case", { hosts: ["Bus.Example"] }, { host: "bUS.example:443" }],
    ["an origin that was added", { origins: ["https://app.example/"] }, { origin: "https://app.example" }],
    ["any origin, where any may", { origins: "any" }, { origin: "https://evil.example" }],
    ["any name, where any may", { hosts: "any" }, { host: "whatever.example" }],
  ]
  test.each(open)("lets in %s", async (_what, options, headers) => {
    const { url, accepted } = await recordingListener(options)
    const connection = await dialWebSocket(url, { headers })()
    await until(() => accepted.length === 1)
    connection.terminate()
  })

  const refused: readonly [string, Partial<ListenWebSocketOptions>, Record<string, string>][] = [
    ["a page of another site", {}, { origin: "https://evil.example" }],
    ["a page of another port", {}, { host: "localhost:8080", origin: "http://localhost:9090" }],
    ["a page of nowhere", {}, { origin: "null" }],
    ["an Origin that is none", {}, { origin: "nonsense" }],
    [
      "an origin like one that was added",
      { origins: ["https://app.example"] },
      { origin: "https://app.example.evil.example" },
    ],
    ["the other scheme of one that was added", { origins: ["https://app.example"] }, { origin: "http://app.example" }],
    ["a rebound name, with its own page", {}, { host: "evil.example", origin: "http://evil.example" }],
    [
      "a rebound name, where any origin may",
      { origins: "any" },
      { host: "evil.example", origin: "http://evil.example" },
    ],
    ["a name that begins like loopback", {}, { host: "127.0.0.1.evil.example" }],
    ["a name that ends like localhost", {}, { host: "evillocalhost" }],
    ["a Host that hides another", {}, { host: "localhost@evil.example" }],
    ["a Host without a name", {}, { host: ":80" }],
  ]
  test.each(refused)("refuses %s", async (_what, options, headers) => {
    const { url, accepted } = await recordingListener(options)
    await expect(dialWebSocket(url, { headers })()).rejects.toMatchObject({
      code: "forbidden",
      details: { status: 403 },
    })
    expect(accepted).toEqual([])
  })

  test("refuses an option that is no origin", async () => {
    const listening = listenWebSocket({ onAccept: () => undefined, origins: ["app.example"] })
    await expect(listening).rejects.toMatchObject({ code: "invalid_argument" })
  })
})

test("tells where it listens: loopback and a free port, unless told otherwise", async () => {
  const { listener, port } = await recordingListener({ path: "/bus" })
  expect(listener.address).toEqual({ host: "127.0.0.1", port })
  expect(listener.url).toBe(`ws://127.0.0.1:${port}/bus`)
  const everywhere = await recordingListener({ host: "0.0.0.0" })
  expect(everywhere.listener.address?.host).toBe("0.0.0.0")
  expect(everywhere.listener.url).toBe(`ws://127.0.0.1:${everywhere.port}/`)
})

test("hands over what the peer asked for", async () => {
  const { url, accepted } = await recordingListener()
  const connection = await dialWebSocket(`${url}some/where?x=1`, { headers: { "x-a": "1" } })()
  await until(() => accepted.length === 1)
  expect(accepted[0]?.request).toMatchObject({ url: "/some/where?x=1", remoteAddress: "127.0.0.1", secure: false })
  expect(accepted[0]?.request.headers["x-a"]).toBe("1")
  connection.terminate()
})

test("takes connections at its path only", async () => {
  const { url, port } = await recordingListener({ path: "/bus" })
  const connection = await dialWebSocket(`${url}?x=1`)()
  connection.terminate()
  await expect(dialWebSocket(`ws://127.0.0.1:${port}/other`)()).rejects.toMatchObject({ details: { status: 404 } })
})

test("says that a port is taken, which one, and what to do", async () => {
  const { port } = await recordingListener()
  await expect(listenWebSocket({ onAccept: () => undefined, port })).rejects.toMatchObject({
    code: "invalid_argument",
    details: { port, host: "127.0.0.1", reason: "EADDRINUSE" },
    message: expect.stringMatching(new RegExp(`127.0.0.1:${port}: the port is in use.*choose another`)),
    cause: { code: "EADDRINUSE" },
  })
})

test.each([{ port: -1 }, { port: 70_000 }, { host: "192.0.2.1" }, { maxMessageBytes: 0 }])(
  "refuses %o with invalid_argument",
  async (options) => {
    const listening = listenWebSocket({ onAccept: () => undefined, ...options })
    await expect(listening).rejects.toMatchObject({ code: "invalid_argument" })
  },
)

test("closes with 1011 a connection whose taker threw, and goes on accepting", async () => {
  let calls = 0
  const errors: BusError[] = []
  const { url } = await recordingListener({
    onError: (error) => errors.push(error),
    onAccept: (connection) => {
      if (calls++ === 0) throw new Error("no room")
      connection.start(new ConnectionRecorder())
    },
  })
  const seen = new ConnectionRecorder()
  const first = await dialWebSocket(url)()
  first.start(seen)
  await until(() => seen.closes.length === 1)
  expect(seen.closes).toEqual([{ code: 1011, reason: "internal error" }])
  expect(errors).toMatchObject([{ code: "internal", cause: { message: "no room" } }])
  const second = await dialWebSocket(url)()
  second.terminate()
})

test("closes with 1009 a connection that sends too large a message, and only that one", async () => {
  const { url, accepted } = await recordingListener({ maxMessageBytes: 1_000 })
  const raw = new WebSocket(url, "luxbus.v1.bin")
  const closed = new Promise<number>((resolve) => raw.on("close", resolve))
  await new Promise((resolve) => raw.on("open", resolve))
  const other = await dialWebSocket(url)()
  other.start(new ConnectionRecorder())
  await until(() => accepted.length === 2)

  raw.send(new Uint8Array(1_000 + INBOUND_SLACK_BYTES))
  await until(() => accepted[0]?.seen.messages.length === 1)
  raw.send(new Uint8Array(1_001 + INBOUND_SLACK_BYTES))
  expect(await closed).toBe(1009)
  await until(() => accepted[0]?.seen.closes.length === 1)
  expect(accepted[0]?.seen.closes[0]).toMatchObject({ code: 1009, error: { code: "too_large" } })

  other.send("still here")
  await until(() => accepted[1]?.seen.messages.length === 1)
  other.terminate()
})

test.each([
  ["a reserved opcode", [0x83, 0x80, 0, 0, 0, 0], 1002],
  ["a reserved opcode, and never ends its side", [0x83, 0x80, 0, 0, 0, 0], 1002],
  ["an unmasked frame", [0x82, 0x01, 0x00], 1002],
  ["text that is no UTF-8", [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
] as const)("closes a connection that sends %s", async (what, bytes, code) => {
  const { port, accepted } = await recordingListener()
  const before = handles().length
  const raw = connect({ port, host: "127.0.0.1", allowHalfOpen: what.includes("never ends") })
  raw.write(
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  )
  raw.on("error", () => undefined)
  raw.resume()
  await until(() => accepted.length === 1)
  const [setTimer, clearTimer] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "clearTimeout")]
  onTestFinished(() => void vi.restoreAllMocks())
  raw.write(Uint8Array.from(bytes))
  await until(() => accepted[0]?.seen.closes.length === 1)
  const timer = setTimer.mock.results[setTimer.mock.calls.findIndex(([, delayMs]) => delayMs === 1_000)]?.value
  expect(timer).toBeDefined()
  expect(clearTimer).toHaveBeenCalledWith(timer)
  expect(accepted[0]?.seen.closes[0]).toMatchObject({ code, error: { code: "protocol" } })
  raw.destroy()
  await until(() => handles().length <= before)
})

test("keeps accepted connections when it closes, frees its address, and leaves no handle with the last of them", async () => {
  const before = handles().length
  const { url, port, listener, accepted } = await recordingListener()
  const seen = new ConnectionRecorder()
  const connection = await dialWebSocket(url)()
  connection.start(seen)
  await until(() => accepted.length === 1)
  await listener.close()
  await listener.close()
  await expect(dialWebSocket(url)()).rejects.toMatchObject({ code: "connection_lost" })
  const next = await recordingListener({ port })
  await next.listener.close()
  connection.send("still open")
  await until(() => accepted[0]?.seen.messages.length === 1)
  connection.close()
  await until(() => seen.closes.length === 1)
  await until(() => handles().length <= before)
})

describe("plain HTTP", () => {
  interface Answer {
    readonly status: number
    readonly text: string
  }
  function get(port: number, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port, headers, agent: false }, (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (part) => {
          text += part
        })
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }))
      })
      request.on("error", reject)
      request.end()
    })
  }

  test("is answered with 426 where nobody else answers it", async () => {
    const { port } = await recordingListener()
    expect((await get(port)).status).toBe(426)
  })

  test("reaches onRequest, but not from another site or under another name", async () => {
    const { port } = await recordingListener({
      onRequest: (request, response) => void response.end(`at ${request.url}`),
    })
    expect(await get(port)).toEqual({ status: 200, text: "at /" })
    expect((await get(port, { host: "evil.example" })).status).toBe(403)
    expect((await get(port, { origin: "https://evil.example" })).status).toBe(403)
  })

  test.each([
    [
      "throws",
      () => {
        throw new Error("own fault")
      },
    ],
    ["rejects", () => Promise.reject(new Error("own fault"))],
  ])("gets a 500 when onRequest %s", async (_how, onRequest) => {
    const errors: BusError[] = []
    const { port } = await recordingListener({ onRequest, onError: (error) => errors.push(error) })
    const answer = await get(port)
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain("own fault")
    expect(errors).toMatchObject([{ code: "internal", cause: { message: "own fault" } }])
  })
})

describe("on a shared HTTP server", () => {
  async function sharedServer() {
    const server = createServer((_request, response) => response.end("theirs"))
    onTestFinished(() => void server.close())
    const listening = () => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return { server, listening, port: () => (server.address() as AddressInfo).port }
  }

  test("accepts there, tells the server's address once it has one, and lets go of it on close", async () => {
    const { server, listening, port } = await sharedServer()
    const { listener, accepted } = await recordingListener({ server, path: "/bus" })
    expect([listener.url, listener.address]).toEqual(["", undefined])
    await listening()
    expect(listener.url).toBe(`ws://127.0.0.1:${port()}/bus`)
    const connection = await dialWebSocket(listener.url)()
    await until(() => accepted.length === 1)
    await expect(dialWebSocket(`ws://127.0.0.1:${port()}/`)()).rejects.toMatchObject({ details: { status: 404 } })
    await listener.close()
    expect(server.listenerCount("upgrade")).toBe(0)
    expect(server.listening).toBe(true)
    connection.terminate()
  })

  test("leaves other paths to other listeners of that server", async () => {
    const { server, listening, port } = await sharedServer()
    const [first, second] = [
      await recordingListener({ server, path: "/first" }),
      await recordingListener({ server, path: "/second" }),
    ]
    await listening()
    const connections = [
      await dialWebSocket(`ws://127.0.0.1:${port()}/first`)(),
      await dialWebSocket(`ws://127.0.0.1:${port()}/second`)(),
    ]
    await until(() => first.accepted.length === 1 && second.accepted.length === 1)
    for (const connection of connections) connection.terminate()
  })

  test("refuses onRequest, which its owner answers", async () => {
    const { server } = await sharedServer()
    const listening = listenWebSocket({ onAccept: () => undefined, server, onRequest: () => undefined })
    await expect(listening).rejects.toMatchObject({ code: "invalid_argument" })
  })
})
