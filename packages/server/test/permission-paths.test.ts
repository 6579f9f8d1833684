import { ChannelRole, type Fields, HopFlag, type JsonObject, type Packet, StreamKind } from "@luxbus/packet"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, describe, expect, test } from "vitest"
import { createServer, type Permissions, type Server } from "../src/index.ts"
import { HELLO, type RawClient, rawClient, testClient } from "./raw-client.ts"
import { textClient } from "./text-client.ts"

const servers: Server[] = []
const closing: (() => void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) close()
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

/** A START, in the words of JSON. */
interface Started {
  readonly kind: keyof typeof StreamKind
  readonly name: string
  readonly to?: string
  readonly channel?: string
  readonly role?: keyof typeof ChannelRole
}

/** What a client asks for. */
type Asked = Started | { readonly op: string; readonly params: JsonObject }

/** A client in one of the forms. */
interface Asker {
  /** Asks, and waits until the broker has taken it. @returns the codes that it is refused with */
  ask(asked: Asked): Promise<readonly unknown[]>
  /** The broker's list, by names. */
  list(): Promise<readonly string[]>
  /** Says that it has come back to a stream of the owner's. */
  resume(name: string): void
}

/** A broker at which "owner", who may everything, writes the stream "theirs" and provides "translate". Others may this. */
async function start(permissions: Permissions) {
  const authenticate = ({ id }: { readonly id?: string }) =>
    id === "owner" ? { id } : { anonymous: true as const, permissions }
  const server = createServer({ authenticate })
  servers.push(server)
  const { url } = await server.listen()
  const owner = await connectBinary(url, "owner")
  owner.say((w) => {
    startBinary(w, { kind: "hosted", name: "theirs" }, 1)
    startBinary(w, { kind: "register", name: "translate", role: "provider" }, 2)
  })
  await owner.until(({ members }) => members !== undefined)
  /** What the owner hears from here on, but for answers to itself. */
  const before = owner.heard.length
  let asked = 0
  const ownerHears = async () => {
    const id = ++asked
    owner.say((w) => w.control(0, 0, { command: { id, op: "list" } }))
    await owner.until(({ reply }) => reply?.["id"] === id)
    return owner.heard.slice(before).filter(({ reply }) => reply === undefined)
  }
  return { server, url, ownerHears }
}

async function connectBinary(url: string, id: string): Promise<RawClient> {
  const raw = await rawClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }))
  closing.push(() => raw.connection.terminate())
  raw.say((w) => w.control(0, 0, { hello: { ...HELLO, secret: id.padEnd(43, "s"), id } }))
  await raw.until(({ welcome }) => welcome !== undefined)
  return raw
}

type Writer = Parameters<Parameters<RawClient["say"]>[0]>[0]

function startBinary(writer: Writer, asked: Started, alias: number): void {
  const { kind, role, ...fields } = asked
  const seq = new Uint8Array(40).fill(alias, 39)
  const words = { ...fields, kind: StreamKind[kind], ...(role !== undefined && { role: ChannelRole[role] }) }
  const header = { epoch: kind === "relayed" ? 1 : 0, hop: hopOf(asked) }
  writer.start(header, { ...words, alias, ...(kind !== "publish" && { seq }) })
}

function hopOf({ kind, channel }: Started): number {
  if (kind === "register") return HopFlag.registration
  return channel === undefined ? 0 : HopFlag.anycast
}

const codeOf = (packet: Packet | Fields): unknown => packet.code ?? (packet.reply?.["error"] as JsonObject)?.["code"]
const codesOf = (heard: readonly (Packet | Fields)[]) => heard.map(codeOf).filter((code) => code !== undefined)
const namesOf = (packet: Packet | Fields) =>
  ((packet.reply?.["result"] ?? []) as { name: string }[]).map(({ name }) => name)

const inFrames = async (url: string): Promise<Asker> => {
  const raw = await connectBinary(url, "client")
  const command = async (id: number, op: string, params: JsonObject = {}) => {
    raw.say((w) => w.control(0, 0, { command: { id, op, params } }))
    return raw.until(({ reply }) => reply?.["id"] === id)
  }
  return {
    async ask(asked) {
      if ("op" in asked) await command(1, asked.op, asked.params)
      else raw.say((w) => startBinary(w, asked, 7))
      await command(2, "list")
      return codesOf(raw.heard)
    },
    list: async () => namesOf(await command(3, "list")),
    resume: (name) => raw.say((w) => w.control(0, 0, { resumeStream: resumed(name) })),
  }
}

const inJson = async (url: string): Promise<Asker> => {
  const client = await textClient(url, ["luxbus.v1.json"])
  closing.push(() => client.socket.terminate())
  client.say({ uid: "", type: "command", hello: { ...HELLO, secret: "client".padEnd(43, "s"), id: "client" } })
  await client.until(({ welcome }) => welcome !== undefined)
  const command = async (id: number, op: string, params: JsonObject = {}) => {
    client.say({ uid: "", type: "command", command: { id, op, params } })
    return client.until(({ reply }) => reply?.["id"] === id)
  }
  return {
    async ask(asked) {
      if ("op" in asked) await command(1, asked.op, asked.params)
      else client.say(startJson(asked))
      await command(2, "list")
      return codesOf(client.heard)
    },
    list: async () => namesOf(await command(3, "list")),
    resume: (name) => client.say({ uid: "", type: "command", resume_stream: resumed(name) }),
  }
}

const resumed = (name: string): JsonObject => ({ name, from: "owner", epoch: 1, main: 0, error: 0 })

function startJson(asked: Started): Packet {
  const { kind, name: uid, ...fields } = asked
  const hop = hopOf(asked)
  return {
    uid,
    type: kind === "publish" ? "event" : "stream",
    frame: "start",
    kind,
    alias: 7,
    ...(kind !== "publish" && { seq: "00".repeat(40) }),
    ...(kind === "relayed" && { epoch: 1 }),
    ...(hop !== 0 && { flags: [hop === HopFlag.anycast ? "anycast" : "registration"] }),
    ...fields,
  } as Packet
}

/** What typed by hand stands for what is asked for. There is no such word for all of it. */
const BY_HAND: Readonly<Record<string, JsonObject>> = {
  job: { type: "stream", chunk: 0, data: "x" },
  letter: { type: "stream", to: "owner", chunk: 0, data: "x" },
  news: { type: "event", data: 1 },
  "mailbox.owner": { type: "event", to: "owner", data: 1 },
  attach: { type: "command", to: "dispatcher", data: "attach" },
  subscribe: { type: "command", to: "dispatcher", data: "subscribe" },
  cancel: { type: "command", to: "dispatcher", data: "cancel" },
}

const byHand = async (url: string): Promise<Pick<Asker, "ask">> => {
  const client = await textClient(url)
  closing.push(() => client.socket.terminate())
  return {
    async ask(asked) {
      const uid = "op" in asked ? String(asked.params["name"] ?? asked.params["subject"]) : asked.name
      client.say({ uid, ...BY_HAND["op" in asked ? asked.op : asked.name] } as Packet)
      client.say({ uid: "", type: "command", to: "dispatcher", data: "list" })
      await client.until(({ uid, reply }) => uid === "" && reply !== undefined)
      return codesOf(client.heard)
    },
  }
}

/** Every way in, with the permission that it takes, and whether it can be typed by hand. */
const PATHS: readonly (readonly [what: string, Permissions, Asked, isTyped: boolean])[] = [
  ["open a hosted stream", { open: ["job"] }, { kind: "hosted", name: "job" }, true],
  ["open a stream to a peer", { open: ["letter"] }, { kind: "relayed", name: "letter", to: "owner" }, true],
  ["publish", { publish: ["news"] }, { kind: "publish", name: "news" }, true],
  ["request", { request: ["translate"] }, { kind: "relayed", name: "r", channel: "translate" }, false],
  ["serve", { serve: ["translate"] }, { kind: "register", name: "translate", role: "provider" }, false],
  ["hear who is there", { request: ["translate"] }, { kind: "register", name: "translate", role: "consumer" }, false],
  ["attach", { attach: ["theirs"] }, { op: "attach", params: { name: "theirs" } }, true],
  ["subscribe", { subscribe: ["news"] }, { op: "subscribe", params: { subject: "news" } }, true],
  [
    "subscribe in a group",
    { subscribe: ["news"] },
    { op: "subscribe", params: { subject: "news", group: "g", member: 1 } },
    false,
  ],
  ["subscribe to a pattern", { subscribe: ["news.>"] }, { op: "subscribe", params: { subject: "news.*" } }, true],
  ["send to a client", { mailbox: ["owner"] }, { kind: "publish", name: "mailbox.owner" }, true],
  ["cancel", { cancel: ["theirs"] }, { op: "cancel", params: { name: "theirs" } }, true],
]

const ACTIONS = ["publish", "subscribe", "open", "attach", "cancel", "request", "serve", "mailbox"] as const

/** Everything, but for the same actions, which are given for other names. */
function without(permissions: Permissions): Permissions {
  const patternsOf = (action: (typeof ACTIONS)[number]) => (permissions[action] === undefined ? [">"] : ["other.>"])
  return Object.fromEntries(ACTIONS.map((action) => [action, patternsOf(action)]))
}

describe.each(PATHS)("%s", (_what, permissions, asked, isTyped) => {
  const forms = [
    ["frames", inFrames] as const,
    ["JSON", inJson] as const,
    ...(isTyped ? [["hand", byHand] as const] : []),
  ]

  test.each(forms)("in %s is forbidden without the permission, and leaves nothing", async (_form, connect) => {
    const { server, url, ownerHears } = await start(without(permissions))
    const client = await connect(url)
    expect(await client.ask(asked)).toEqual(["forbidden"])
    expect(server.list()).toMatchObject([{ name: "theirs", state: "live", readers: 0 }])
    expect(await ownerHears()).toEqual([])
  })

  test.each(forms)("in %s is done with it", async (_form, connect) => {
    const { url } = await start(permissions)
    const client = await connect(url)
    expect(await client.ask(asked)).toEqual([])
  })
})

const FORMS = [
  ["frames", inFrames],
  ["JSON", inJson],
] as const

describe.each(FORMS)("in %s", (_form, connect) => {
  test("a name that another client writes is taken over with the permission, and not without", async () => {
    const isFenced = async (permissions: Permissions) => {
      const { url, ownerHears } = await start(permissions)
      const client = await connect(url)
      await client.ask({ kind: "hosted", name: "theirs" })
      return (await ownerHears()).map(codeOf).includes("fenced")
    }
    expect(await isFenced({ open: ["theirs"] })).toBe(false)
    expect(await isFenced({ open: ["theirs"], takeover: ["theirs"] })).toBe(true)
  })

  test.each(["channels", "members", "mailboxes", "dropMail", "deadLetters", "redrive"])(
    "%s is for operators, where it is about others",
    async (op) => {
      const asked = { op, params: { to: "owner", channel: "translate" } }
      const [denied, allowed] = await Promise.all(
        [without({}), { operator: true }].map(async (permissions) =>
          (await connect((await start(permissions)).url)).ask(asked),
        ),
      )
      expect(denied).toEqual(["forbidden"])
      // There is nothing to send again.
      expect(allowed).toEqual(op === "redrive" ? ["unknown_stream"] : [])
    },
  )

  test("a client's own mailbox is its own, whatever else it may", async () => {
    const { url } = await start({})
    const client = await connect(url)
    const params = { subject: "mailbox.client", group: "mailbox", member: 1 }
    expect(await client.ask({ op: "subscribe", params })).toEqual([])
  })

  test("a list names what may be attached to", async () => {
    const { url, ownerHears } = await start({ open: [">"], attach: ["mine"] })
    const client = await connect(url)
    await client.ask({ kind: "hosted", name: "mine" })
    await ownerHears()
    expect(await client.list()).toEqual(["mine"])
  })

  test("a return to a stream of a peer's is passed on for who may attach to it", async () => {
    const { url, ownerHears } = await start({ attach: ["former"] })
    const client = await connect(url)
    for (const name of ["any", "former"]) client.resume(name)
    await client.list()
    expect((await ownerHears()).map(({ resumeStream }) => resumeStream?.["name"])).toEqual(["former"])
  })
})

test("permissions that are malformed let nobody in, and tell nothing", async () => {
  const { url } = await start({ open: ["secret..x"] })
  const client = testClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }))
  const error = await client.connected.catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: "internal", message: expect.not.stringContaining("secret") })
  client.session.close()
})
