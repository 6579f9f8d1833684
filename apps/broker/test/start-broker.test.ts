import { tmpdir } from "node:os"
import { connect } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { type Broker, type BrokerLog, loadConfig, newToken, startBroker } from "../src/index.ts"

const open: Broker[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((broker) => broker.close()))
})

async function start(flags: Readonly<Record<string, string | boolean>>, lines: (readonly [string, object])[] = []) {
  const write = (facts: object, message: string) => void lines.push([message, facts])
  const log: BrokerLog = { debug: write, info: write, warn: write, error: write }
  const config = await loadConfig({ env: {}, flags: { port: "0", ...flags }, directory: tmpdir() })
  const broker = await startBroker(config, { log })
  open.push(broker)
  return broker
}

describe("listening", () => {
  test("takes a free port for 0, on loopback", async () => {
    const { url } = await start({})
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d+$/)
    await using bus = await connect(url)
    expect(bus.status.state).toBe("connected")
  })

  test("on a port that is taken names the port and the way out", async () => {
    const { port } = new URL((await start({})).url)
    await expect(start({ port })).rejects.toMatchObject({
      code: "invalid_argument",
      message: `port ${port} on 127.0.0.1 is taken: choose another with --port (0 picks one)`,
    })
  })

  test("frees the port when closed", async () => {
    const first = await start({})
    const { port } = new URL(first.url)
    await first.close()
    expect(new URL((await start({ port })).url).port).toBe(port)
  })

  test("beyond loopback is refused without tokens", async () => {
    await expect(start({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "invalid_argument", message: /--insecure/ })
    await expect(start({ host: "::" })).rejects.toMatchObject({ code: "invalid_argument" })
  })

  test("beyond loopback is allowed with tokens, or when told to be insecure", async () => {
    await start({ host: "0.0.0.0", insecure: true })
    await start({ host: "0.0.0.0", "auth-tokens": JSON.stringify({ [newToken().hash]: "ci" }) })
  })
})

describe("authentication", () => {
  test("lets a known token in under its id and ids below it, and refuses others", async () => {
    const { token, hash } = newToken()
    const { url } = await start({ "auth-tokens": JSON.stringify({ [hash]: "ci" }) })
    await using own = await connect(url, { token, id: "ci" })
    await using below = await connect(url, { token, id: "ci/7" })
    expect([own.id, below.id]).toEqual(["ci", "ci/7"])
    await expect(connect(url)).rejects.toMatchObject({ code: "unauthenticated" })
    await expect(connect(url, { token: "lux_wrong" })).rejects.toMatchObject({ code: "unauthenticated" })
    await expect(connect(url, { token, id: "laptop" })).rejects.toMatchObject({ code: "forbidden" })
  })
})

test("logs streams and clients with their ids", async () => {
  const lines: (readonly [string, object])[] = []
  const { url } = await start({}, lines)
  await using bus = await connect(url, { id: "builder" })
  const stream = await bus.open("build")
  await stream.end()
  expect(lines).toContainEqual(["client connected", expect.objectContaining({ client: "builder" })])
  expect(lines).toContainEqual(["stream started", expect.objectContaining({ stream: "build", client: "builder" })])
  expect(lines).toContainEqual(["stream ended", expect.objectContaining({ stream: "build", status: "done" })])
})
