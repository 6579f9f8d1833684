import type { JsonObject, JsonValue } from "@luxbus/packet"
import { BusError } from "@luxbus/packet"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, expect, test } from "vitest"
import { createServer, type Principal, type Server } from "../src/index.ts"
import { testClient } from "./raw-client.ts"

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

const LATER_MS = Date.now() + 3_600_000
const TOKENS: Readonly<Record<string, Principal>> = {
  first: { id: "ci", permissions: { attach: [">"] }, expiresAtMs: LATER_MS },
  second: { id: "ci", permissions: { subscribe: ["news"] }, expiresAtMs: LATER_MS + 1 },
  lasting: { id: "ci" },
  stranger: { id: "somebody" },
  broken: { id: "ci", permissions: { open: ["a..b"] } },
}

/** A client that was let in by the first token, and what its commands are answered with: a result, or a code. */
async function start() {
  const server = createServer({
    authenticate: ({ token = "" }) => {
      if (token === "fault") throw new Error("the database is away")
      const principal = TOKENS[token]
      if (principal === undefined) throw new BusError("unauthenticated", "unknown")
      return principal
    },
  })
  servers.push(server)
  const { url } = await server.listen()
  const client = testClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }), { token: "first" })
  await client.connected
  const ask = (op: string, params: JsonObject) =>
    new Promise<JsonValue>((resolve) => {
      client.session.command(op, params, resolve, ({ code }) => resolve(code))
    })
  return { client, ask }
}

test("another token of the same principal counts from then on, with what it allows", async () => {
  const { client, ask } = await start()
  expect(client.heard).toMatchObject([{ welcome: { expiresAtMs: LATER_MS } }])
  expect(await ask("subscribe", { subject: "news" })).toBe("forbidden")
  expect(await ask("authenticate", { token: "second" })).toEqual({ expiresAtMs: LATER_MS + 1 })
  expect(await ask("subscribe", { subject: "news" })).toMatchObject({ subject: "news" })
  expect(await ask("attach", { name: "job" })).toBe("forbidden")
  expect(await ask("authenticate", { token: "lasting" })).toEqual({})
  expect(await ask("attach", { name: "job" })).toBe("unknown_stream")
  client.session.close()
})

test.each([
  [{ token: "stranger" }, "forbidden"],
  [{ token: "unknown" }, "unauthenticated"],
  [{ token: "fault" }, "internal"],
  [{ token: "broken" }, "internal"],
  [{ token: 5 }, "invalid_argument"],
  [{}, "invalid_argument"],
])("%j is refused with %s, and changes nothing", async (params, code) => {
  const { client, ask } = await start()
  expect(await ask("authenticate", params)).toBe(code)
  expect(await ask("attach", { name: "job" })).toBe("unknown_stream")
  expect(await ask("subscribe", { subject: "news" })).toBe("forbidden")
  expect(client.session.status.state).toBe("connected")
  client.session.close()
})
