import { type Fields, type Packet, StreamKind } from "@luxbus/packet"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, describe, expect, test } from "vitest"
import { createServer, type Permissions, type Server } from "../src/index.ts"
import { HELLO, type RawClient, rawClient, testClient } from "./raw-client.ts"
import { type TextClient, textClient } from "./text-client.ts"

const servers: Server[] = []
const closing: (() => void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) close()
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

/** A broker at which "owner", who may everything, writes the stream "theirs", and others have these permissions. */
async function start(permissions: Permissions) {
  const authenticate = ({ id }: { readonly id?: string }) =>
    id === "owner" ? { id } : { anonymous: true as const, permissions }
  const server = createServer({ authenticate })
  servers.push(server)
  const { url } = await server.listen()
  const owner = await binary(url, "owner")
  owner.say((w) => w.start({}, { ...hosted("theirs"), alias: 1 }))
  await owner.until(({ open }) => open === true)
  return { server, url, owner }
}

async function binary(url: string, id: string): Promise<RawClient> {
  const raw = await rawClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }))
  closing.push(() => raw.connection.terminate())
  raw.say((w) => w.control(0, 0, { hello: { ...HELLO, secret: id.padEnd(43, "s"), id } }))
  await raw.until(({ welcome }) => welcome !== undefined)
  return raw
}

async function json(url: string): Promise<TextClient> {
  const client = await textClient(url, ["luxbus.v1.json"])
  closing.push(() => client.socket.terminate())
  return client
}

const hosted = (name: string): Fields => ({
  ...{ kind: StreamKind.hosted, name, seq: new Uint8Array(40), mainFirst: 0, errorFirst: 0 },
})
const startOf = (name: string): Fields => {
  if (name === "news") return { kind: StreamKind.publish, name }
  return name === "letter" ? { ...hosted(name), kind: StreamKind.relayed, to: "owner" } : hosted(name)
}

/** How a client asks for it: by a START of that name, or by a command. In JSON, the packet that stands for it. */
const PATHS = [
  ["open a hosted stream", { open: ["job"] }, { start: "job" }, { uid: "job", type: "stream", chunk: 0, data: "x" }],
  [
    "open a stream to a peer",
    { open: ["letter"] },
    { start: "letter" },
    { uid: "letter", type: "stream", to: "owner", chunk: 0, data: "x" },
  ],
  ["publish", { publish: ["news"] }, { start: "news" }, { uid: "news", type: "event", data: 1 }],
  ["attach", { attach: ["theirs"] }, { op: "attach", name: "theirs" }, { data: "attach", uid: "theirs" }],
  ["subscribe", { subscribe: ["news"] }, { op: "subscribe", subject: "news" }, { data: "subscribe", uid: "news" }],
  ["cancel", { cancel: ["theirs"] }, { op: "cancel", name: "theirs" }, { data: "cancel", uid: "theirs" }],
] as const

const isTold = (packet: Packet) => packet.frame === "error" || packet.reply !== undefined
const errorOf = (packet: Packet | Fields): unknown => packet.code ?? (packet.reply?.["error"] as Fields)?.code

describe.each(PATHS)("%s", (_what, permissions, asked, typed) => {
  const askInFrames = async (url: string): Promise<unknown> => {
    const raw = await binary(url, "client")
    raw.say((w) => {
      if ("start" in asked) w.start({ epoch: 1 }, { ...startOf(asked.start), alias: 7 })
      else {
        const { op, ...params } = asked
        w.control(0, 0, { command: { id: 1, op, params } })
      }
      w.control(0, 0, { command: { id: 2, op: "list" } })
    })
    await raw.until(({ reply }) => reply?.["id"] === 2)
    return raw.heard.map(errorOf).find((code) => code !== undefined)
  }
  const askInJson = async (url: string): Promise<unknown> => {
    const client = await json(url)
    client.say(("type" in typed ? typed : { ...typed, type: "command", to: "dispatcher" }) as Packet)
    client.say({ uid: "", type: "command", to: "dispatcher", data: "list" })
    await client.until((packet) => isTold(packet) && packet.uid === "")
    return client.heard.map(errorOf).find((code) => code !== undefined)
  }

  test.each([
    ["frames", askInFrames],
    ["JSON", askInJson],
  ])("in %s is forbidden without the permission, and leaves nothing", async (_form, ask) => {
    const { server, url, owner } = await start({ ...EVERYTHING, ...without(permissions) })
    expect(await ask(url)).toBe("forbidden")
    expect(server.list()).toMatchObject([{ name: "theirs", state: "live", readers: 0 }])
    expect(owner.heard.filter(({ name, cancel }) => name !== undefined || cancel !== undefined)).toEqual([])
  })

  test.each([
    ["frames", askInFrames],
    ["JSON", askInJson],
  ])("in %s is done with it", async (_form, ask) => {
    const { url } = await start(permissions)
    expect(await ask(url)).toBeUndefined()
  })
})

const EVERYTHING: Permissions = Object.fromEntries(
  ["publish", "subscribe", "open", "attach", "cancel"].map((action) => [action, [">"]]),
)

/** The same actions, of other names. */
function without(permissions: Permissions): Permissions {
  return Object.fromEntries(Object.keys(permissions).map((action) => [action, ["other.>"]]))
}

test("permissions that are malformed let nobody in, and tell nothing", async () => {
  const { url } = await start({ open: ["secret..x"] })
  const client = testClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }))
  const error = await client.connected.catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: "internal", message: expect.not.stringContaining("secret") })
  client.session.close()
})
