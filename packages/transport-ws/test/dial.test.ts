import type { Dial } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { dialWebSocket as dialFromBrowser } from "../src/browser.ts"
import { resolveDialOptions } from "../src/dial-options.ts"
import { type DialWebSocketOptions, dialWebSocket } from "../src/index.ts"
import { answeringServer, handles, platformWebSocket, recordingListener, silentServer, until } from "./harness.ts"

const dialers: Readonly<Record<string, (url: string, options?: DialWebSocketOptions) => Dial>> = {
  Node: dialWebSocket,
  browser: (url, options) => dialFromBrowser(url, { ...options, WebSocket: platformWebSocket }),
}

describe.each(Object.entries(dialers))("the %s client", (name, dialer) => {
  test("shows the negotiated subprotocol and the remote address", async () => {
    const { url, port } = await recordingListener()
    const connection = await dialer(url)()
    expect(connection.protocol).toBe("luxbus.v1.bin")
    expect(connection.remoteAddress).toBe(name === "Node" ? "127.0.0.1" : `127.0.0.1:${port}`)
    connection.terminate()
  })

  test("offers the subprotocols that it is told, and none when told none", async () => {
    const { url, accepted } = await recordingListener({ protocols: ["b", "a"] })
    const preferring = await dialer(url, { protocols: ["unknown", "a", "b"] })()
    const plain = await dialer(url, { protocols: [] })()
    expect([preferring.protocol, plain.protocol]).toEqual(["a", ""])
    expect(accepted.map(({ connection }) => connection.protocol)).toEqual(["a", ""])
    preferring.terminate()
    plain.terminate()
  })

  test("rejects with connection_lost where nobody listens", async () => {
    const { url, close } = await recordingListener()
    await close()
    await expect(dialer(url)()).rejects.toMatchObject({ code: "connection_lost" })
  })

  test("gives up a server that never answers, and lets go of its socket", async () => {
    const { url, connections } = await silentServer()
    await expect(dialer(url, { handshakeTimeoutMs: 30 })()).rejects.toMatchObject({ code: "connection_lost" })
    await until(() => connections() === 0)
  })

  test("rejects with cancelled when its signal fires while dialling, and lets go of its socket", async () => {
    const { url, connections } = await silentServer()
    const controller = new AbortController()
    const dialling = dialer(url)({ signal: controller.signal })
    const rejected = expect(dialling).rejects.toMatchObject({ code: "cancelled", cause: "enough" })
    await until(() => connections() === 1)
    controller.abort("enough")
    await rejected
    await until(() => connections() === 0)
  })

  test("rejects with cancelled at once when its signal fired before", async () => {
    const { url, connections } = await silentServer()
    const dialling = dialer(url)({ signal: AbortSignal.abort("never mind") })
    await expect(dialling).rejects.toMatchObject({ code: "cancelled", cause: "never mind" })
    expect(connections()).toBe(0)
  })

  test("does not close an open connection when the signal of its dialling fires", async () => {
    const { url, accepted } = await recordingListener()
    const controller = new AbortController()
    const connection = await dialer(url)({ signal: controller.signal })
    connection.start(new ConnectionRecorder())
    controller.abort()
    connection.send("still here")
    await until(() => accepted[0]?.seen.messages.length === 1)
    connection.terminate()
  })

  test("leaves no socket and no timer behind, after success and after failure", async () => {
    const { url, accepted } = await recordingListener()
    const failing = await answeringServer(500)
    const before = handles()
    for (let round = 0; round < 3; round++) {
      const seen = new ConnectionRecorder()
      const connection = await dialer(url)()
      connection.start(seen)
      connection.close()
      await until(() => seen.closes.length === 1 && accepted[round]?.seen.closes.length === 1)
      await expect(dialer(failing)()).rejects.toMatchObject({ code: "connection_lost" })
    }
    await until(() => handles().length <= before.length)
  })

  test.each([
    ["http://example.com", {}],
    ["example.com", {}],
    ["ws://example.com/#fragment", {}],
    ["ws://example.com", { handshakeTimeoutMs: 0 }],
    ["ws://example.com", { maxMessageBytes: 1.5 }],
  ])("refuses %s with %o before dialling", (url, options) => {
    expect(() => dialer(url, options)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
  })

  test("rejects with invalid_argument a subprotocol that is no token", async () => {
    await expect(dialer("ws://127.0.0.1:1", { protocols: ["not a token"] })()).rejects.toMatchObject({
      code: "invalid_argument",
    })
  })

  test("names no query of the URL in its errors", () => {
    expect(() => dialer("http://example.com/?token=secret")).toThrow(/^(?!.*secret)/)
  })
})

test.each([
  [400, "unsupported"],
  [401, "unauthenticated"],
  [403, "forbidden"],
  [404, "connection_lost"],
  [503, "connection_lost"],
])("rejects status %i of the opening handshake with %s", async (status, code) => {
  const url = await answeringServer(status)
  await expect(dialWebSocket(url)()).rejects.toMatchObject({ code, details: { status } })
})

test("rejects with unsupported when the server speaks none of the subprotocols", async () => {
  const { url } = await recordingListener({ protocols: ["other"] })
  await expect(dialWebSocket(url)()).rejects.toMatchObject({ code: "unsupported" })
})

test("sends headers and token with the opening request", async () => {
  const { url, accepted } = await recordingListener()
  const connection = await dialWebSocket(url, { headers: { "x-trace": "t1" }, token: "secret" })()
  await until(() => accepted.length === 1)
  expect(accepted[0]?.request.headers).toMatchObject({ "x-trace": "t1", authorization: "Bearer secret" })
  connection.terminate()
})

test("in a browser refuses headers and token, which nobody would get", () => {
  for (const options of [{ token: "secret" }, { headers: { "x-trace": "t1" } }]) {
    expect(() => dialFromBrowser("ws://example.com", { ...options, WebSocket: platformWebSocket })).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    )
  }
})

test("waits 10 s for a handshake, offers the binary subprotocol and takes 1 MiB unless told otherwise", () => {
  expect(resolveDialOptions("ws://example.com", {})).toEqual({
    url: "ws://example.com/",
    protocols: ["luxbus.v1.bin"],
    handshakeTimeoutMs: 10_000,
    maxMessageBytes: 1_048_576,
  })
})
