import { createHash } from "node:crypto"
import { systemClock } from "@luxbus/clock"
import { fromPeer, type LaneItem, StreamReader, StreamWriter } from "@luxbus/dual-stream"
import { Codec, flagsOf, Lane, type Outcome, StreamKind } from "@luxbus/packet"
import { type Attachment, ClientStreams, SeqSource } from "@luxbus/session"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, expect, test } from "vitest"
import { createServer, type Server } from "../src/index.ts"
import { testClient } from "./raw-client.ts"
import { type TextClient, textClient } from "./text-client.ts"

const sha256 = () => createHash("sha256")
const clock = systemClock()
const servers: Server[] = []
const closers: (() => void)[] = []

/** A plain client under the id "plain", and a binary one under "binary". */
const start = async () => {
  const server = createServer()
  servers.push(server)
  const { url } = await server.listen()
  const plain = await textClient(url)
  plain.say(`{"uid":"","from":"plain","type":"command","ping":1}`)
  await plain.until(({ pong }) => pong === 1)
  const binary = testClient(dialWebSocket(url, { protocols: ["luxbus.v1.bin"] }), { id: "binary" })
  await binary.connected
  closers.push(
    () => plain.socket.terminate(),
    () => binary.session.close(),
  )
  return { plain, session: binary.session }
}

afterEach(async () => {
  for (const close of closers.splice(0)) close()
  for (const server of servers.splice(0)) await server.close({ drainMs: 50 })
})

test("a plain client writes to a binary one, which asks for what is missing and has it all in order", async () => {
  const { plain, session } = await start()
  const texts: string[] = []
  const outcome = new Promise<Outcome>((resolve, reject) => {
    const streams = new ClientStreams(session, ({ name, from }) => {
      const take = (lane: typeof Lane.main | typeof Lane.error) => {
        for (let item = reader.take(lane); item !== undefined; item = reader.take(lane)) {
          if (item.type === "chunk") texts.push(Buffer.from(item.data).toString())
        }
      }
      const reader: StreamReader = new StreamReader(
        {
          clock,
          createHash: sha256,
          events: {
            readable: take,
            notice: () => {},
            outcome: resolve,
            completed: () => streams.peerReaders.remove(from, name, reader),
            failed: reject,
          },
        },
        { source: fromPeer },
      )
      return reader
    })
  })
  const say = (chunk: number, data: string) =>
    plain.say({ uid: "letter", to: "binary", type: "stream", chunk, encoding: "utf8", data, is_final: chunk === 3 })
  say(3, "three")
  expect(await plain.until(({ status }) => status === "missing")).toMatchObject({
    ...{ uid: "letter", from: "binary", missing: [0, 1, 2] },
  })
  for (const [n, data] of ["zero", "one", "two"].entries()) say(n, data)
  expect(await outcome).toEqual({ status: "done", main: 4, error: 0 })
  await plain.until(({ status }) => status === "complete")
  expect(texts).toEqual(["zero", "one", "two", "three"])
})

test("a binary client writes many windows to a plain one, as fast as that acknowledges", async () => {
  const { plain, session } = await start()
  const seqs = new SeqSource(session.secret, sha256)
  const streams = new ClientStreams(session, () => undefined)
  const completed = new Promise<void>((resolve, reject) => {
    const writer = new StreamWriter(
      {
        clock,
        createHash: sha256,
        events: {
          ...{ room: () => {}, notice: () => {}, cancelled: () => {}, failed: reject },
          complete: () => {
            streams.removeWriter(writer)
            resolve()
          },
        },
      },
      { kind: StreamKind.relayed, name: "file", to: "plain", epoch: 1, seq: seqs.next(), windowMs: 10_000 },
    )
    streams.addWriter(writer)
    for (let n = 0; n < 60; n++) writer.write(Lane.main, Buffer.alloc(50_000, n + 65), flagsOf(Codec.utf8, false))
    writer.write(Lane.error, Buffer.from("a warning"), flagsOf(Codec.utf8, false))
    writer.finish({ status: "done" })
  })
  await plain.until(({ chunk }) => chunk === 4)
  expect(plain.heard.some(({ chunk }) => chunk === 8)).toBe(false)
  await acknowledgeAll(plain)
  expect(await plain.until(({ outcome }) => outcome !== undefined)).toMatchObject({
    outcome: { status: "done", main: 61, error: 2 },
  })
  await completed
  const texts = plain.heard.filter(({ lane, chunk }) => lane === undefined && chunk !== undefined)
  expect(texts.map(({ data }) => String(data ?? "").slice(0, 1)).join("")).toBe(
    Array.from({ length: 60 }, (_, n) => String.fromCharCode(n + 65)).join(""),
  )
})

/** Acknowledges each chunk as it comes, until both lanes have ended. */
async function acknowledgeAll(plain: TextClient): Promise<void> {
  const acked = { main: 0, error: 0 }
  const isNext = (lane: "main" | "error") =>
    plain.heard.some((packet) => (packet.lane ?? "main") === lane && packet.chunk === acked[lane])
  while (acked.main < 61 || acked.error < 2) {
    await plain.until(() => isNext("main") || isNext("error"))
    for (const lane of ["main", "error"] as const) {
      if (!isNext(lane)) continue
      plain.say({ uid: "file", type: "stream", status: "ack", ...(lane === "error" && { lane }), ack: [acked[lane]++] })
    }
  }
}

test("an event that a plain client sends to a client waits in its mailbox; to nobody it is refused", async () => {
  const { plain, session } = await start()
  plain.say(`{"uid":"hi","type":"event","to":"binary","data":"good morning"}`)
  plain.say(`{"uid":"hi","type":"event","to":"stranger","data":"good morning"}`)
  expect(await plain.until(({ frame }) => frame === "error")).toMatchObject({
    uid: "mailbox.stranger",
    code: "unknown_stream",
  })
  const item = await new Promise<LaneItem | undefined>((resolve, reject) => {
    const options = { kind: "subscribe", name: "mailbox.binary", from: "now", wait: false } as const
    const attachment: Attachment = session.attach(
      { ...options, group: "mailbox", member: 0 },
      {
        readable: (lane) => resolve(attachment.reader?.take(lane)),
        notice: () => {},
        outcome: () => {},
        failed: reject,
      },
      { opened: () => {}, refused: reject },
    )
  })
  expect(item).toMatchObject({ type: "chunk", origin: "plain", data: new TextEncoder().encode('"good morning"') })
})
