import { createHash } from "node:crypto"
import type { Packet } from "@luxbus/packet"
import { Lane } from "@luxbus/packet"
import { Publisher, SeqSource } from "@luxbus/session"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, describe, expect, test } from "vitest"
import { createServer, type Server, type ServerOptions } from "../src/index.ts"
import { HELLO, testClient } from "./raw-client.ts"
import { type TextClient, textClient } from "./text-client.ts"

const JSON_PROTOCOL = "luxbus.v1.json"
const SEQ = "ab".repeat(32)

const servers: Server[] = []
const clients: TextClient[] = []
const start = async (options: ServerOptions = {}) => {
  const server = createServer(options)
  servers.push(server)
  const { url } = await server.listen()
  const hello = async (id: string, more: object = {}) => {
    const client = await textClient(url, [JSON_PROTOCOL])
    clients.push(client)
    client.say({ uid: "", type: "command", hello: { ...HELLO, secret: id.repeat(43).slice(0, 43), id, ...more } })
    await client.until(({ welcome, frame }) => welcome !== undefined || frame === "error")
    return client
  }
  const dial = dialWebSocket(url, { protocols: ["luxbus.v1.bin"] })
  return { server, url, dial, hello }
}
const ask = (client: TextClient, id: number, op: string, params: Packet["command"]) =>
  client.say({ uid: "", type: "command", command: { id, op, params: params ?? {} } })
const host = (client: TextClient, uid: string, alias = 1, n = 0) =>
  client.say({
    uid,
    type: "stream",
    frame: "start",
    kind: "hosted",
    alias,
    seq: SEQ + n.toString(16).padStart(16, "0"),
  })
const grant = (client: TextClient, uid: string, credit = 1_048_576) =>
  client.say([
    { uid, type: "stream", lane: "main", credit },
    { uid, type: "stream", lane: "error", credit: 65_536 },
  ])
const isOpen = ({ open }: Packet) => open === true
const isError = ({ frame }: Packet) => frame === "error"
const isOutcome = ({ outcome }: Packet) => outcome !== undefined

/** What a binary client sees of a hosted stream: each lane's bytes, and the outcome. */
const viewed = (client: ReturnType<typeof testClient>, name: string) =>
  new Promise<{ main: string; error: string; outcome: unknown }>((resolve, reject) => {
    const bytes = { main: [] as Uint8Array[], error: [] as Uint8Array[] }
    const attachment = client.session.attach(
      { kind: "attach", name, from: "start", wait: true },
      {
        readable: (lane) => {
          const into = lane === Lane.main ? bytes.main : bytes.error
          const take = () => attachment.reader?.take(lane)
          for (let item = take(); item !== undefined; item = take()) if (item.type === "chunk") into.push(item.data)
        },
        notice: () => {},
        outcome: (outcome) =>
          setImmediate(() =>
            resolve({
              main: Buffer.concat(bytes.main).toString("base64"),
              error: Buffer.concat(bytes.error).toString("base64"),
              outcome,
            }),
          ),
        failed: reject,
      },
      { opened: () => {}, refused: reject },
    )
  })

/** The same of a JSON client, out of the packets that it heard. */
const bytesOf = ({ data, encoding }: Packet): Buffer => {
  if (data === undefined) return Buffer.alloc(0)
  if (encoding === undefined) return Buffer.from(JSON.stringify(data))
  return Buffer.from(data as string, encoding === "base64" ? "base64" : "utf8")
}
const heardOf = (client: TextClient, uid: string) => {
  const chunks = client.heard.filter((packet) => packet.uid === uid && packet.chunk !== undefined)
  const lane = (name: string) =>
    Buffer.concat(chunks.filter((packet) => (packet.lane ?? "main") === name).map(bytesOf)).toString("base64")
  return { main: lane("main"), error: lane("error"), outcome: client.heard.find(isOutcome)?.outcome }
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate()
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

test("a JSON viewer beside a binary viewer of one job: the same bytes on both lanes, the same outcome", async () => {
  const { dial, hello } = await start()
  const writer = await hello("writer")
  const json = await hello("viewer")
  const binary = testClient(dial)
  await binary.connected
  const seen = viewed(binary, "job.1")
  host(writer, "job.1")
  await writer.until(isOpen)
  ask(json, 1, "attach", { name: "job.1" })
  await json.until(({ frame }) => frame === "start")
  grant(json, "job.1")
  const euro = Buffer.from("€")
  writer.say([
    { uid: "job.1", type: "stream", chunk: 0, data: { done: 0.4 } },
    { uid: "job.1", type: "stream", chunk: 1, encoding: "utf8", data: "zażółć\n" },
    // One character in two chunks: neither half is UTF-8 by itself.
    {
      uid: "job.1",
      type: "stream",
      chunk: 2,
      encoding: "base64",
      codec: "utf8",
      data: euro.subarray(0, 2).toString("base64"),
      more: true,
    },
    {
      uid: "job.1",
      type: "stream",
      chunk: 3,
      encoding: "base64",
      codec: "utf8",
      data: euro.subarray(2).toString("base64"),
    },
    { uid: "job.1", type: "stream", chunk: 4, encoding: "base64", data: "AAECA/8=" },
    { uid: "job.1", type: "stream", chunk: 0, lane: "error", encoding: "utf8", data: "a warning" },
    { uid: "job.1", type: "stream", chunk: 1, lane: "error", is_final: true },
    { uid: "job.1", type: "stream", chunk: 5, is_final: true },
    { uid: "job.1", type: "stream", outcome: { status: "error", exitCode: 3, main: 6, error: 2 } },
  ])
  await json.until(isOutcome)
  await json.until(({ chunk }) => chunk === 5)
  const expected = Buffer.concat([Buffer.from('{"done":0.4}zażółć\n€'), Buffer.from([0, 1, 2, 3, 255])])
  const { main, error, outcome } = heardOf(json, "job.1")
  expect(main).toBe(expected.toString("base64"))
  expect(Buffer.from(error, "base64").toString()).toBe("a warning")
  expect(await seen).toEqual({ main, error, outcome })
  expect(
    json.heard.filter(({ chunk }) => chunk === 2 || chunk === 3).map(({ encoding, codec }) => [encoding, codec]),
  ).toEqual([
    ["base64", "utf8"],
    ["base64", "utf8"],
  ])
  json.say({ uid: "job.1", type: "stream", status: "complete" })
  await writer.until(({ status }) => status === "complete")
  binary.session.close()
})

test("a JSON publisher reaches a binary subscriber, and a binary publisher JSON subscribers", async () => {
  const { dial, hello } = await start()
  const json = await hello("json")
  const other = await hello("other", { features: ["ranges"] })
  const binary = testClient(dial, { id: "binary" })
  await binary.connected
  const heard: string[] = []
  const attachment = binary.session.attach(
    { kind: "subscribe", name: "news", from: "now", wait: false },
    {
      readable: (lane) => {
        const item = attachment.reader?.take(lane)
        if (item?.type === "chunk") heard.push(`${item.origin}: ${Buffer.from(item.data).toString()}`)
      },
      notice: () => {},
      outcome: () => {},
      failed: () => {},
    },
    { opened: () => {}, refused: () => {} },
  )
  for (const client of [json, other]) {
    client.say(`{"uid":"news","type":"command","to":"dispatcher","data":"subscribe"}`)
    await client.until(({ reply }) => reply !== undefined)
    grant(client, "news")
  }
  json.say([
    { uid: "news", type: "event", frame: "start", kind: "publish", alias: 9, seq: SEQ + "0".repeat(16) },
    { uid: "news", from: "mallory", type: "event", chunk: 0, alias: 9, data: ["in", "JSON"] },
  ])
  const isFirst = ({ chunk }: Packet) => chunk === 0
  const first = { uid: "news", from: "json", type: "event", chunk: 0, is_final: false, data: ["in", "JSON"] }
  expect(await other.until(isFirst)).toEqual(first)
  expect(await json.until(isFirst)).toMatchObject({ ...first })
  const seqs = new SeqSource(binary.session.secret, () => createHash("sha256"))
  const publisher = new Publisher(
    () => seqs.next(),
    () => {},
  )
  binary.session.addPart(publisher)
  publisher.publish("news", Buffer.from("in bytes"), 1)
  for (const client of [json, other]) {
    expect(await client.until(({ chunk }) => chunk === 1)).toMatchObject({
      ...{ from: "binary", encoding: "utf8", data: "in bytes" },
    })
  }
  expect(heard).toEqual([`json: ["in","JSON"]`, "binary: in bytes"])
  binary.session.close()
})

test("acks come as flat lists, and as ranges to who says that it reads them", async () => {
  const { hello } = await start()
  const flat = await hello("flat")
  const ranged = await hello("ranged", { features: ["ranges"] })
  expect(ranged.heard[0]?.welcome).toMatchObject({ features: ["ranges"] })
  for (const client of [flat, ranged]) {
    const to = client === flat ? "flat-reader" : "ranged-reader"
    const reader = await hello(to)
    client.say({
      uid: "s",
      type: "stream",
      frame: "start",
      kind: "relayed",
      to,
      alias: 1,
      epoch: 1,
      seq: SEQ + "0".repeat(16),
    })
    await reader.until(({ frame }) => frame === "start")
    reader.say({ uid: "s", type: "stream", status: "ack", lane: "main", cum: 0, ack: [3, 4, 5, 9], missing: [[0, 2]] })
  }
  const isAck = ({ status }: Packet) => status === "missing"
  expect(await flat.until(isAck)).toMatchObject({ cum: 0, ack: [3, 4, 5, 9], missing: [0, 1, 2] })
  expect(await ranged.until(isAck)).toMatchObject({ cum: 0, ack: [[3, 5], 9], missing: [[0, 2]] })
})

describe("what is no packet", () => {
  test.each([
    ["no JSON", "{", undefined],
    ["no object", "7", undefined],
    ["a field of the wrong form", `{"uid":"a","type":"stream","chunk":-1}`, "chunk"],
    ["a reversed range", `{"uid":"a","type":"stream","status":"ack","ack":[[2,1]]}`, "ack"],
    ["data that is no base64", `{"uid":"a","type":"stream","chunk":0,"encoding":"base64","data":"?"}`, "data"],
    [
      "an END that is not the last of its total",
      `{"uid":"a","type":"stream","chunk":0,"alias":1,"is_final":true,"of":7}`,
      "of",
    ],
    ["no uid", `{"type":"event"}`, "uid"],
    ["bytes", Buffer.from([1, 2, 3]), undefined],
  ])("is told to who sent %s, with the field, and closes with 1002", async (_what, message, field) => {
    const { hello } = await start()
    const client = await hello("client")
    client.socket.send(message)
    const error = await client.until(isError)
    expect(error).toMatchObject({ code: "protocol", ...(field !== undefined && { details: { field } }) })
    expect(await client.closed).toEqual({ code: 1002, reason: error.text })
  })

  test("a message above 1 MiB closes with 1002 and its fault", async () => {
    const { hello } = await start()
    const client = await hello("client")
    client.say(`"${"x".repeat(1_048_576)}"`)
    expect(await client.closed).toEqual({ code: 1002, reason: "framing fault: message_too_large" })
  })

  test("more than a first window before WELCOME closes with 1002", async () => {
    const { url } = await start()
    const client = await textClient(url, [JSON_PROTOCOL])
    client.say(`{"uid":"a","type":"event","data":"${"x".repeat(270_000)}"}`)
    expect(await client.closed).toMatchObject({ code: 1002 })
  })

  test("twice in a row ends the session: it is welcomed no more, and others are", async () => {
    const { hello } = await start()
    for (let n = 0; n < 2; n++) {
      const client = await hello("client")
      expect(client.heard[0]?.welcome).toBeDefined()
      client.say("{")
      await client.closed
    }
    const refused = await hello("client")
    expect(refused.heard[0]).toMatchObject({ frame: "error", code: "protocol" })
    expect(await refused.closed).toMatchObject({ code: 1002 })
    expect((await hello("other")).heard[0]?.welcome).toBeDefined()
  })

  test("a packet about a stream that nobody has named is answered, and ends nothing", async () => {
    const { hello } = await start()
    const client = await hello("client")
    client.say({ uid: "a", type: "stream", status: "ack", cum: 3 })
    expect(await client.until(isError)).toMatchObject({ uid: "a", code: "unknown_stream" })
    client.say({ uid: "", type: "command", ping: 7 })
    await client.until(({ pong }) => pong === 7)
  })
})

test("text that escapes would make much longer than its bytes travels as base64, within 1 MiB", async () => {
  const { dial, hello } = await start()
  const writer = testClient(dial)
  await writer.connected
  const json = await hello("json")
  json.say(`{"uid":"news","type":"command","to":"dispatcher","data":"subscribe"}`)
  await json.until(({ reply }) => reply !== undefined)
  grant(json, "news")
  const seqs = new SeqSource(writer.session.secret, () => createHash("sha256"))
  const publisher = new Publisher(
    () => seqs.next(),
    () => {},
  )
  writer.session.addPart(publisher)
  const bells = Buffer.alloc(1_000_000, 7)
  publisher.publish("news", bells, 1)
  await json.until(({ chunk }) => chunk === Math.ceil(bells.length / 65_536) - 1)
  expect(heardOf(json, "news").main).toBe(bells.toString("base64"))
  writer.session.close()
})

test("a JSON client that reads slowly slows nobody, and the broker keeps no more for it than its window", async () => {
  const { hello } = await start()
  const writer = await hello("writer")
  const slow = await hello("slow")
  const quick = await hello("quick")
  host(writer, "job.1")
  await writer.until(isOpen)
  for (const client of [slow, quick]) {
    ask(client, 1, "attach", { name: "job.1" })
    await client.until(({ frame }) => frame === "start")
    grant(client, "job.1", 1_000_000_000)
  }
  slow.socket.pause()
  const before = process.memoryUsage().arrayBuffers
  const line = "x".repeat(60_000)
  for (let n = 0; n < 200; n++) {
    writer.say({ uid: "job.1", type: "stream", chunk: n, encoding: "utf8", data: line })
    if (n % 10 === 0) await writer.until(({ cum }) => cum !== undefined && cum >= n)
    if (n % 10 === 9) quick.say({ uid: "", type: "command", lane: "main", credit: (n + 100) * 61_000 })
  }
  await quick.until(({ chunk }) => chunk === 199)
  // The ring holds the stream, 12 MB, once for all; nothing of that size is kept for the slow one beside it.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024)
  slow.socket.resume()
  slow.say({ uid: "", type: "command", lane: "main", credit: 500 * 61_000 })
  await slow.until(({ chunk }) => chunk === 199)
  const numbers = slow.heard.flatMap(({ chunk }) => chunk ?? [])
  expect(numbers).toEqual(Array.from({ length: 200 }, (_, n) => n))
})
