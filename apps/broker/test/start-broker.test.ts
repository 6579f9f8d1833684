import { request } from "node:http"
import { tmpdir } from "node:os"
import { type Bus, connect, type NoticeListener } from "@luxbus/client"
import { DEMO_CLIENT_ID } from "@luxbus/demo"
import { BusError } from "@luxbus/packet"
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

test("treats topics as the configuration says", async () => {
  const { url } = await start({ topics: JSON.stringify([{ match: "state.*", retain: true }]) })
  await using bus = await connect(url)
  await using early = bus.subscribe("state.door")
  await bus.publish("state.door", "open")
  for await (const { data } of early) {
    expect(data).toBe("open")
    break
  }
  await using late = bus.subscribe("state.door")
  await bus.publish("state.door", "shut")
  for await (const { data } of late) {
    expect(data).toBe("open")
    break
  }
})

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

describe("tokens in the clear", () => {
  const warnings = async (flags: Readonly<Record<string, string | boolean>>) => {
    const lines: (readonly [string, object])[] = []
    const { url } = await start(flags, lines)
    return lines
      .filter(([message]) => message.startsWith("tokens travel in the clear"))
      .map(([, facts]) => [facts, { url }])
  }
  const tokens = { "auth-tokens": JSON.stringify({ [newToken().hash]: "ci" }) }

  test("are warned of beyond loopback, once, with the address", async () => {
    const [[facts, address] = [], ...more] = await warnings({ host: "0.0.0.0", ...tokens })
    expect([facts, more]).toEqual([address, []])
    expect(facts).toBeDefined()
  })

  test("are not where there are none, nor on loopback", async () => {
    expect(await warnings({ host: "0.0.0.0", insecure: true })).toEqual([])
    expect(await warnings(tokens)).toEqual([])
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

test("a token does what it is allowed, and nothing else", async () => {
  const { token, hash } = newToken()
  const allow = { open: ["build.*"], attach: ["build.>"] }
  const { url } = await start({ "auth-tokens": JSON.stringify({ [hash]: { id: "ci", allow } }) })
  await using bus = await connect(url, { token })
  const stream = await bus.open("build.42")
  await stream.main.write("x")
  await stream.end()
  expect(await bus.attach("build.42").main.text()).toBe("x")
  await expect(bus.open("deploy")).rejects.toMatchObject({ code: "forbidden" })
  await expect(bus.cancel("deploy")).rejects.toMatchObject({ code: "forbidden" })
  await expect(bus.attach("deploy").outcome).rejects.toMatchObject({ code: "forbidden" })
})

test("an expired token is refused", async () => {
  const { token, hash } = newToken()
  const { url } = await start({ "auth-tokens": JSON.stringify({ [hash]: { id: "ci", expiresAt: "2024-01-31" } }) })
  await expect(connect(url, { token })).rejects.toMatchObject({ code: "unauthenticated" })
})

test("a client that opens too many streams at once is told when to try again", async () => {
  const { url } = await start({ "rate-limits-opens-per-second": "0.001", "rate-limits-opens-burst": "2" })
  await using bus = await connect(url)
  for (const name of ["a", "b"]) await bus.open(name)
  const error = await bus.open("c").catch((reason) => reason)
  expect(error).toMatchObject({ code: "rate_limited", details: { retryAfterMs: expect.any(Number) } })
})

describe("the page", () => {
  const ask = (url: string, init: RequestInit = {}) =>
    fetch(url.replace("ws:", "http:"), { redirect: "error", ...init })

  test("is served at the broker's own address, and the log names it", async () => {
    const lines: (readonly [string, object])[] = []
    const { url, page } = await start({}, lines)
    expect(page).toBe(url.replace("ws:", "http:"))
    expect(lines).toContainEqual(["page served", { url: page }])
    // Tests run from sources, where no page is built; its headers say whose answer it is.
    expect((await ask(url)).headers.get("content-security-policy")).toContain("frame-ancestors 'none'")
  })

  test("is not served when that is off: there the broker speaks WebSocket alone", async () => {
    const { url, page } = await start({ page: false })
    expect(page).toBeUndefined()
    const answer = await ask(url)
    expect([answer.status, answer.headers.get("content-security-policy")]).toEqual([426, null])
  })

  test("may connect from the broker's own address, and no page from elsewhere may", async () => {
    const { url } = await start({})
    expect(await upgrade(url, { origin: url.replace("ws:", "http:") })).toBe(101)
    expect(await upgrade(url, { origin: "http://elsewhere.example" })).toBe(403)
    const { port } = new URL(url)
    const rebound = { host: `rebound.example:${port}`, origin: `http://rebound.example:${port}` }
    expect(await upgrade(url, rebound)).toBe(403)
  })

  test("may connect from another origin that is configured", async () => {
    const { url } = await start({ origins: "https://app.example" })
    expect(await upgrade(url, { origin: "https://app.example" })).toBe(101)
  })
})

/** @returns the HTTP status that a browser's WebSocket would get */
function upgrade(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  const handshake = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" }
  const key = { "sec-websocket-key": Buffer.alloc(16).toString("base64"), "sec-websocket-protocol": "luxbus.v1.bin" }
  return new Promise((resolve, reject) => {
    const asked = request(url.replace("ws:", "http:"), { headers: { ...handshake, ...key, ...headers } })
    asked.once("upgrade", ({ statusCode }, socket) => {
      socket.destroy()
      resolve(statusCode)
    })
    asked.once("response", ({ statusCode }) => resolve(statusCode))
    asked.once("error", reject).end()
  })
}

describe("the demo job", () => {
  const askFor = async (bus: Bus) => {
    const giveUp = new AbortController()
    const onNotice: NoticeListener = ({ type }) => type === "waiting" && giveUp.abort(new BusError("no_provider", ""))
    const call = await bus.open("demo.start.test", { to: DEMO_CLIENT_ID, signal: giveUp.signal, onNotice })
    return call.opened
  }

  test("is offered when that is on, also where tokens are wanted", async () => {
    await using open = await connect((await start({ demo: true })).url)
    await askFor(open)
    const { token, hash } = newToken()
    const { url } = await start({ demo: true, "auth-tokens": JSON.stringify({ [hash]: "ci" }) })
    await using known = await connect(url, { token })
    await askFor(known)
    await expect(connect(url, { token, id: DEMO_CLIENT_ID })).rejects.toMatchObject({ code: "forbidden" })
  })

  test("is not offered by itself", async () => {
    await using bus = await connect((await start({})).url)
    await expect(askFor(bus)).rejects.toMatchObject({ code: "no_provider" })
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
