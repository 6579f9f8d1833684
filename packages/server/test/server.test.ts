import { BusError, StreamKind } from "@luxbus/packet"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, expect, test } from "vitest"
import { createServer, type Server, type ServerEvent, type ServerOptions } from "../src/index.ts"
import { HELLO, rawClient, testClient } from "./raw-client.ts"

const servers: Server[] = []
const start = async (options: ServerOptions = {}) => {
  const events: ServerEvent[] = []
  const server = createServer({ ...options, onEvent: (event) => events.push(event) })
  servers.push(server)
  const { url } = await server.listen()
  return { server, events, url, dial: dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }) }
}
const failureOf = (promise: Promise<unknown>): Promise<BusError> =>
  promise.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error as BusError,
  )
const list = (client: ReturnType<typeof testClient>) =>
  new Promise((resolve, reject) => client.session.command("list", {}, resolve, reject))

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

test("listens on loopback alone unless told otherwise", async () => {
  const { url } = await start()
  expect(new URL(url).hostname).toBe("127.0.0.1")
})

test("gives a client the id that it asks for, or one of its own", async () => {
  const { dial } = await start()
  const named = testClient(dial, { id: "alice" })
  const unnamed = testClient(dial)
  await Promise.all([named.connected, unnamed.connected])
  expect(named.session.id).toBe("alice")
  expect(unnamed.session.id).toMatch(/^client\//)
  named.session.close()
  unnamed.session.close()
})

test("refuses a second session under an id that is in use with id_taken, and leaves the first alone", async () => {
  const { dial } = await start()
  const first = testClient(dial, { id: "alice" })
  await first.connected
  expect(await failureOf(testClient(dial, { id: "alice" }).connected)).toMatchObject({ code: "id_taken" })
  expect(await list(first)).toEqual([])
  first.session.close()
})

test("replaces a session by a newer one of the same authenticated principal, which does not come back", async () => {
  const { dial } = await start({ authenticate: () => ({ id: "alice" }) })
  const first = testClient(dial, { id: "alice" })
  await first.connected
  const second = testClient(dial, { id: "alice" })
  await second.connected
  expect(await first.ended).toMatchObject({ code: "replaced" })
  expect(await list(second)).toEqual([])
  second.session.close()
})

test("refuses who does not authenticate, with the reason of the hook", async () => {
  const { dial, events } = await start({
    authenticate: ({ token }) => {
      if (token !== "right") throw new BusError("unauthenticated", "wrong token")
      return { id: "ci" }
    },
  })
  expect(await failureOf(testClient(dial, { getToken: () => "wrong" }).connected)).toMatchObject({
    code: "unauthenticated",
  })
  expect(await failureOf(testClient(dial, { id: "root", getToken: () => "right" }).connected)).toMatchObject({
    code: "forbidden",
  })
  const right = testClient(dial, { getToken: () => Promise.resolve("right") })
  await right.connected
  expect(right.session.id).toMatch(/^ci\//)
  expect(events.filter((event) => event.type === "client-refused")).toHaveLength(2)
  right.session.close()
})

test("tells a client nothing of a hook that fails, but that it failed", async () => {
  const { dial } = await start({
    authenticate: () => {
      throw new Error("password of the database")
    },
  })
  const error = await failureOf(testClient(dial).connected)
  expect(error.code).toBe("internal")
  expect(error.message).not.toContain("password")
})

test("refuses clients beyond its bound with rate_limited", async () => {
  const { dial } = await start({ maxClients: 1 })
  const first = testClient(dial)
  await first.connected
  const second = await rawClient(dial)
  expect(await second.until((fields) => fields.code !== undefined)).toMatchObject({ code: "rate_limited" })
  await second.closed
  first.session.close()
})

test("sends a client away that says nothing, with timeout", async () => {
  const { dial } = await start({ helloTimeoutMs: 20 })
  const silent = await rawClient(dial)
  expect(await silent.until((fields) => fields.code !== undefined)).toMatchObject({ code: "timeout" })
  await silent.closed
})

test.each([
  ["garbage", (raw: Awaited<ReturnType<typeof rawClient>>) => raw.connection.send(new Uint8Array([1, 2, 3]))],
  ["a stream before HELLO", (raw) => raw.say((w) => w.start({}, { kind: 1, name: "x", alias: 1 }))],
  ["a command before HELLO", (raw) => raw.say((w) => w.control(0, 0, { command: { id: 1, op: "list" } }))],
  ["more than a handshake before WELCOME", (raw) => raw.connection.send(new Uint8Array(5_000))],
  ["a malformed HELLO", (raw) => raw.say((w) => w.control(0, 0, { hello: { versions: "x" } }))],
  ["a HELLO of an unknown version", (raw) => raw.say((w) => w.control(0, 0, { hello: { ...HELLO, versions: [99] } }))],
] as [string, (raw: Awaited<ReturnType<typeof rawClient>>) => void][])(
  "%s ends that connection, not the broker nor others",
  async (_what, misbehave) => {
    const { dial } = await start()
    const good = testClient(dial, { id: "good" })
    await good.connected
    const bad = await rawClient(dial)
    misbehave(bad)
    const { code } = await bad.closed
    expect([1000, 1002]).toContain(code)
    expect(await list(good)).toEqual([])
    expect(good.session.status.state).toBe("connected")
    good.session.close()
  },
)

test("resets a stream that is wrong and goes on with the others of the same connection", async () => {
  const { dial } = await start()
  const raw = await rawClient(dial)
  raw.say((w) => w.control(0, 0, { hello: HELLO }))
  await raw.until((fields) => fields.welcome !== undefined)
  const seq = new Uint8Array(40)
  raw.say((w) => w.start({}, { kind: StreamKind.hosted, name: "good", alias: 1, seq, mainFirst: 0, errorFirst: 0 }))
  await raw.until((fields) => fields.open === true)
  raw.say((w) => w.start({}, { kind: StreamKind.delivery, name: "bad", alias: 2, seq }))
  expect(await raw.until((fields) => fields.code !== undefined)).toMatchObject({ alias: (2 | 0x8000_0000) >>> 0 })
  raw.say((w) => w.control(0, 0, { command: { id: 1, op: "list", params: {} } }))
  expect(await raw.until((fields) => fields.reply !== undefined)).toMatchObject({
    reply: { id: 1, result: [{ name: "good", state: "live" }] },
  })
  raw.connection.close()
  await raw.closed
})

test("answers an unknown operation with unsupported, and wrong parameters with invalid_argument", async () => {
  const { dial } = await start()
  const client = testClient(dial)
  await client.connected
  const ask = (op: string, params = {}) =>
    failureOf(new Promise((resolve, reject) => client.session.command(op, params, resolve, reject)))
  expect(await ask("explode")).toMatchObject({ code: "unsupported" })
  expect(await ask("cancel", { name: 7 })).toMatchObject({ code: "invalid_argument" })
  client.session.close()
})

test("tells its clients to go away as it stops; they come back to the next one", async () => {
  const { server, url } = await start()
  const port = Number(new URL(url).port)
  const client = testClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }), { id: "alice" })
  await client.connected
  await server.close()
  const next = createServer()
  servers.push(next)
  await next.listen({ port })
  while (client.session.status.state !== "connected") await new Promise((resolve) => setImmediate(resolve))
  expect(client.statuses.map(({ state }) => state)).toContain("suspended")
  expect(await list(client)).toEqual([])
  client.session.close()
})

test("leaves nothing behind when it closes", async () => {
  const { server, dial } = await start()
  const client = testClient(dial)
  await client.connected
  client.session.close()
  await server.close()
  await server.close()
  expect(server.connectionCount).toBe(0)
  await expect(server.listen()).rejects.toMatchObject({ code: "closed" })
})
