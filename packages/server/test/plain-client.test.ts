import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type Packet } from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { afterEach, expect, test } from "vitest"
import { createServer, type Server, type ServerOptions } from "../src/index.ts"
import { type TextClient, textClient } from "./text-client.ts"

// Of the seed's first example one choice of each; the others as they stand there.
const SEED_STREAM = `{
  "uid": "task_abc123",
  "from": "clientA",
  "to": "clientB",
  "type": "stream",
  "chunk": 3,
  "of": 12,
  "is_final": false,
  "data": "...",
  "timestamp": 172344567.001
}`
const SEED_ACK = `{
  "uid": "stream_abc",
  "from": "clientB",
  "type": "stream",
  "status": "ack",
  "ack": [0, 1, 2]
}`
const SEED_MISSING = `{
  "uid": "stream_abc",
  "from": "clientB",
  "type": "stream",
  "status": "missing",
  "missing": [3, 4]
}`
const SUBSCRIBE = `{"type":"command","to":"dispatcher","uid":"task.42","data":"subscribe"}`

const servers: Server[] = []
const clients: TextClient[] = []
const start = async (options: ServerOptions = {}) => {
  const server = createServer(options)
  servers.push(server)
  const { url } = await server.listen()
  const join = async (...protocols: readonly string[]) => {
    const client = await textClient(url, protocols)
    clients.push(client)
    return client
  }
  return { server, join }
}
const chunk = (uid: string, n: number, data: string, more: Partial<Packet> = {}): Packet => ({
  uid,
  type: "stream",
  chunk: n,
  data,
  ...more,
})
const isChunk = (n: number) => (packet: Packet) => packet.chunk === n
const isReply = (packet: Packet) => packet.reply !== undefined
const isError = (packet: Packet) => packet.frame === "error"

/** Says who it is by a packet that asks for nothing. */
const named = async (client: TextClient, from: string) => {
  client.say({ uid: "", type: "command", from, ping: 1 })
  await client.until((packet) => packet.pong === 1)
  return client
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate()
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

test("the seed's stream packet, typed as it stands, reaches its recipient", async () => {
  const { join } = await start()
  const b = await named(await join("luxbus.v1.json"), "clientB")
  const a = await join("luxbus.v1.json")
  a.say(SEED_STREAM)
  expect(await b.until(isChunk(3))).toEqual(JSON.parse(SEED_STREAM))
})

test("the seed's ack and missing, typed as they stand: what is acknowledged is known, what is missing comes again", async () => {
  const { join } = await start()
  const b = await named(await join(), "clientB")
  const a = await named(await join(), "clientA")
  for (let n = 0; n < 5; n++) a.say(chunk("stream_abc", n, `chunk ${n}`, { to: "clientB" }))
  await b.until(isChunk(4))
  b.say(SEED_ACK)
  expect(await a.until(({ status }) => status === "ack")).toEqual({
    ...{ uid: "stream_abc", from: "clientB", to: "clientA", type: "stream", status: "ack", ack: [0, 1, 2] },
  })
  b.heard.length = 0
  b.say(SEED_MISSING)
  await b.until(isChunk(4))
  expect(b.heard.map(({ chunk: n, data }) => [n, data])).toEqual([
    [3, "chunk 3"],
    [4, "chunk 4"],
  ])
})

test("what its reader misses a writer is asked for, and sends again", async () => {
  const { join } = await start()
  const b = await named(await join(), "clientB")
  const a = await named(await join(), "clientA")
  a.say(chunk("stream_abc", 2, "two", { to: "clientB" }))
  await b.until(isChunk(2))
  b.say({ uid: "stream_abc", type: "stream", status: "missing", missing: [0, 1] })
  expect(await a.until(({ status }) => status === "missing")).toMatchObject({ uid: "stream_abc", missing: [0, 1] })
  a.say([chunk("stream_abc", 0, "zero", { to: "clientB" }), chunk("stream_abc", 1, "one", { to: "clientB" })])
  expect(await b.until(isChunk(1))).toMatchObject({ data: "one" })
})

test("a stream ends with is_final: its reader hears the outcome, acknowledges it all, and the writer hears complete", async () => {
  const { join } = await start()
  const b = await named(await join(), "clientB")
  const a = await named(await join(), "clientA")
  a.say([
    chunk("letter", 0, "dear", { to: "clientB" }),
    chunk("letter", 0, "a warning", { to: "clientB", lane: "error" }),
    chunk("letter", 1, "B", { to: "clientB", is_final: true, of: 2 }),
  ])
  expect(await b.until(({ outcome }) => outcome !== undefined)).toMatchObject({
    outcome: { status: "done", main: 2, error: 2 },
  })
  b.say({ uid: "letter", type: "stream", status: "ack", ack: [0, 1] })
  b.say({ uid: "letter", type: "stream", status: "complete" })
  expect(await a.until(({ status }) => status === "complete")).toEqual({
    ...{ uid: "letter", from: "clientB", to: "clientA", type: "stream", status: "complete" },
  })
})

test("the seed's command to the dispatcher subscribes; an event reaches the subscriber, from who really sent it", async () => {
  const { join } = await start()
  const subscriber = await join()
  subscriber.say(SUBSCRIBE)
  expect(await subscriber.until(isReply)).toMatchObject({
    ...{ uid: "task.42", type: "command", from: "dispatcher", reply: { result: { subject: "task.42" } } },
  })
  const publisher = await named(await join(), "clientA")
  publisher.say(`{"uid":"task.42","from":"mallory","to":null,"type":"event","data":{"done":0.4}}`)
  expect(await subscriber.until(isChunk(0))).toEqual({
    ...{ uid: "task.42", from: "clientA", type: "event", chunk: 0, is_final: false, data: { done: 0.4 } },
  })
  subscriber.say(`{"uid":"task.42","type":"command","to":"dispatcher","data":"unsubscribe"}`)
  await subscriber.until(({ reply }) => reply?.["result"] === null)
})

test("events need no acks: a subscriber of many windows of them goes on", async () => {
  const { join } = await start()
  const subscriber = await join()
  subscriber.say(SUBSCRIBE)
  await subscriber.until(isReply)
  const publisher = await join()
  const data = "x".repeat(30_000)
  for (let n = 0; n < 100; n++) {
    publisher.say({ uid: "task.42", type: "event", data })
    expect(await subscriber.until(isChunk(n))).toMatchObject({ data })
    subscriber.heard.length = 0
  }
})

test("a stream to nobody is hosted: it is acknowledged in a flat list, attached to from its start, and listed", async () => {
  const { join } = await start()
  const writer = await named(await join(), "writer")
  for (let n = 0; n < 3; n++) writer.say(chunk("job.1", n, `line ${n}`, { is_final: n === 2 }))
  await writer.until(({ status }) => status === "complete")
  const acked = writer.heard.flatMap(({ ack }) => ack ?? [])
  expect(acked).toEqual([0, 1, 2])
  const viewer = await named(await join(), "viewer")
  viewer.say(`{"uid":"job.1","type":"command","to":"dispatcher","data":"attach"}`)
  expect(await viewer.until(({ outcome }) => outcome !== undefined)).toMatchObject({ outcome: { status: "done" } })
  await viewer.until(isChunk(2))
  expect(viewer.heard.flatMap(({ data }) => data ?? [])).toEqual(["line 0", "line 1", "line 2"])
  viewer.say(`{"uid":"job.1","type":"stream","status":"complete"}`)
  viewer.heard.length = 0
  viewer.say(`{"uid":"","type":"command","to":"dispatcher","data":"list"}`)
  expect(await viewer.until(isReply)).toMatchObject({ reply: { result: [{ name: "job.1", state: "finished" }] } })
})

test("a window of 256 KiB moves by acks", async () => {
  const { join } = await start()
  const writer = await named(await join(), "writer")
  const line = "x".repeat(65_536 - 64 - 2)
  for (let n = 0; n < 8; n++) writer.say(chunk("job.1", n, line))
  await writer.until(({ ack }) => ack?.includes(7) === true)
  const viewer = await named(await join(), "viewer")
  viewer.say(`{"uid":"job.1","type":"command","to":"dispatcher","data":"attach"}`)
  await viewer.until(isChunk(3))
  await named(viewer, "viewer")
  expect(viewer.heard.some(isChunk(4))).toBe(false)
  viewer.say({ uid: "job.1", type: "stream", status: "ack", ack: [0] })
  await viewer.until(isChunk(4))
  viewer.say({ uid: "job.1", type: "stream", status: "ack", ack: [[1, 4]] })
  await viewer.until(isChunk(7))
})

test("what has no place yet is unsupported, in words, and ends nothing", async () => {
  const { join } = await start()
  const client = await named(await join(), "clientA")
  const refused = async (packet: Packet) => {
    client.heard.length = 0
    client.say(packet)
    return await client.until(isError)
  }
  const told = (text: string) => ({ code: "unsupported", text: expect.stringContaining(text) })
  expect(await refused({ uid: "sum", type: "command", to: "clientB", data: [1, 2] })).toMatchObject(told("requests"))
  expect(await refused({ uid: "x", type: "stream", frame: "start", alias: 1 })).toMatchObject(told("HELLO"))
  await named(client, "clientA")
})

test("a subscription to a pattern gives events with their own subjects, far beyond a window", async () => {
  const { join } = await start()
  const [reader, writer] = [await named(await join(), "clientB"), await named(await join(), "clientA")]
  reader.say(`{"type":"command","to":"dispatcher","uid":"task.*","data":"subscribe"}`)
  expect(await reader.until(isReply)).toMatchObject({ uid: "task.*", reply: { result: { subject: "task.*" } } })
  const data = "x".repeat(30_000)
  for (let n = 0; n < 20; n++) {
    writer.say({ uid: "other", type: "event", data: n })
    writer.say({ uid: `task.${n}`, type: "event", data })
    const event = await reader.until(({ uid }) => uid === `task.${n}`)
    expect(event).toMatchObject({ type: "event", from: "clientA", chunk: 2 * n + 1, data })
  }
  reader.say({ uid: "task.*", type: "command", to: "dispatcher", data: "unsubscribe" })
  expect(await reader.until(({ uid, reply }) => uid === "task.*" && reply?.["result"] === null)).toBeDefined()
})

test("about an unknown stream it is told so, and goes on", async () => {
  const { join } = await start()
  const client = await named(await join(), "clientB")
  client.say(SEED_ACK)
  expect(await client.until(isError)).toMatchObject({ uid: "stream_abc", code: "unknown_stream" })
  await named(client, "clientB")
})

test("claims a free id by its first from: one that is in use is refused, and free again afterwards", async () => {
  const { join } = await start()
  const first = await named(await join(), "clientA")
  const second = await join()
  second.say({ uid: "", type: "command", from: "clientA", ping: 1 })
  expect(await second.until(isError)).toMatchObject({ code: "id_taken" })
  await second.closed
  await first.close()
  await named(await join(), "clientA")
})

test("needs anonymous access: where a token is asked for it is refused", async () => {
  const { join } = await start({
    authenticate: ({ token }) => {
      if (token === undefined) throw new BusError("unauthenticated", "no token")
      return { id: "ci" }
    },
  })
  const client = await join()
  client.say(SEED_STREAM)
  expect(await client.until(isError)).toMatchObject({ code: "unauthenticated", text: "no token" })
  await client.closed
})

test("has a minute for its first packet, not only the seconds of a program", async () => {
  const clock = new ManualClock()
  const server = createServer({}, { clock })
  servers.push(server)
  const closes = (protocol: string) => {
    const { near, far } = memoryPair({ clock, protocol })
    const recorder = new ConnectionRecorder()
    near.start(recorder)
    server.accept(far, { headers: {}, url: "/", remoteAddress: "memory", secure: false })
    return recorder
  }
  const [typed, program] = [closes(""), closes("luxbus.v1.bin")]
  clock.advance(59_000)
  expect([typed.closes.length, program.closes.length]).toEqual([0, 1])
  clock.advance(2_000)
  expect(typed.closes).toHaveLength(1)
})

test("an acknowledgement of what was never sent is a protocol error, and so is a reversed range", async () => {
  const { join } = await start()
  for (const ack of [[9], [[2, 1]]] as const) {
    const writer = await named(await join(), "writer")
    writer.say(chunk("job.1", 0, "line"))
    await writer.until(({ ack: told }) => told !== undefined)
    const viewer = await named(await join(), "viewer")
    viewer.say(`{"uid":"job.1","type":"command","to":"dispatcher","data":"attach"}`)
    await viewer.until(isChunk(0))
    viewer.say(JSON.stringify({ uid: "job.1", type: "stream", status: "ack", ack }))
    expect(await viewer.until(isError)).toMatchObject({ code: "protocol", details: { field: "ack" } })
    expect(await viewer.closed).toMatchObject({ code: 1002 })
    await writer.close()
  }
})

test("more than a window that its reader does not take is flow_control, for that stream alone", async () => {
  const { join } = await start()
  const writer = await named(await join(), "clientA")
  for (let n = 0; n < 5; n++) writer.say(chunk("letter", n, "x".repeat(60_000), { to: "absent" }))
  expect(await writer.until(isError)).toMatchObject({ uid: "letter", code: "flow_control" })
  writer.say(chunk("job.1", 0, "line"))
  await writer.until(({ uid, status }) => uid === "job.1" && status === "ack")
})

test("a stream to an absent client waits for it", async () => {
  const { join } = await start()
  const a = await named(await join(), "clientA")
  a.say(chunk("letter", 0, "dear B", { to: "clientB" }))
  await named(a, "clientA")
  const b = await named(await join(), "clientB")
  expect(await b.until(isChunk(0))).toMatchObject({ uid: "letter", from: "clientA", data: "dear B" })
})

test("a reader's cancel reaches the writer", async () => {
  const { join } = await start()
  const writer = await named(await join(), "writer")
  writer.say(chunk("job.1", 0, "line"))
  await writer.until(({ status }) => status === "ack")
  const viewer = await join()
  viewer.say(`{"uid":"job.1","type":"command","to":"dispatcher","data":"cancel"}`)
  expect(await writer.until(({ cancel }) => cancel !== undefined)).toMatchObject({ uid: "job.1" })
})

test("a broadcast is an event of no subject's, and who is disconnected hears why", async () => {
  const { server, join } = await start()
  const client = await named(await join(), "clientA")
  expect(server.broadcast({ maintenance: true })).toBe(1)
  expect(await client.until(({ type }) => type === "event")).toEqual({
    ...{ uid: "", from: "dispatcher", to: "clientA", type: "event", data: { maintenance: true } },
  })
  expect(server.disconnect("clientA", "enough")).toBe(true)
  expect(await client.until(isError)).toMatchObject({ uid: "", code: "closed", text: "enough" })
  expect((await client.closed).code).toBe(1000)
})

test("packets by hand beyond the rate end the connection with rate_limited: they know no credit", async () => {
  const { server, join } = await start({ rateLimits: { bytes: { perSecond: 1_024, burst: 1_024 } } })
  const client = await named(await join(), "clientA")
  for (let n = 0; n < 30; n++) {
    client.say(chunk(`job.${n}`, 0, "x".repeat(60_000), { is_final: true, of: 1 }))
  }
  const told = await client.until(isError)
  expect(told).toMatchObject({ uid: "", code: "rate_limited", details: { retryAfterMs: expect.any(Number) } })
  expect((await client.closed).code).toBe(1000)
  // What the connection's window holds was taken.
  expect(server.list().length).toBeGreaterThan(16)
})
