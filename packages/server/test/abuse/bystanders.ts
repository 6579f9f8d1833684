import { Codec, type Fields, FrameType, flagsOf, Lane, MessageReader, MessageWriter, StreamKind } from "@luxbus/packet"
import type { CloseInfo, Connection, Dial } from "@luxbus/transport"
import { HELLO } from "../raw-client.ts"

const NAME = "bystanders' stream"
const THEIRS = 0x8000_0000

/** Two who mind their own business: one writes a hosted stream, the other views it. */
export interface Bystanders {
  /** Writes one more chunk. Together they must stay within the credit that a stream begins with. */
  write(text: string): void
  /** Ends the stream. @returns what the viewer got, once it has the outcome */
  end(): Promise<{ readonly text: string; readonly outcome: Fields["outcome"] }>
  /** How their connections ended; empty while both are up. */
  readonly losses: readonly CloseInfo[]
  leave(): Promise<void>
}

/** Connects both, opens the stream and attaches to it. */
export async function bystanders(dial: Dial): Promise<Bystanders> {
  const writer = await participant(dial, "w")
  const viewer = await participant(dial, "v")
  const seq = new Uint8Array(40)
  writer.say((w) => w.start({}, { kind: StreamKind.hosted, name: NAME, alias: 1, seq, mainFirst: 0, errorFirst: 0 }))
  await writer.until(({ open }) => open === true)
  viewer.say((w) => w.control(0, 0, { command: { id: 1, op: "attach", params: { name: NAME, from: "start" } } }))
  const { alias = 0 } = await viewer.until(({ kind }) => kind === StreamKind.delivery)
  const address = (alias | THEIRS) >>> 0
  viewer.say((w) => w.control(address, 0, { open: true }))
  viewer.say((w) => w.control(address, 0, { lane: Lane.main, cum: 0, credit: 1_048_576 }))
  let next = 0
  return {
    write: (text) =>
      writer.say((w) => w.chunk(1, Lane.main, flagsOf(Codec.utf8, false), 0, next++, new TextEncoder().encode(text))),
    async end() {
      writer.say((w) => {
        w.end(1, Lane.main, 0, 0, next, new Uint8Array(0))
        w.control(1, 0, { outcome: { status: "done", main: next + 1, error: 0 } })
      })
      const { outcome } = await viewer.until((fields) => fields.outcome !== undefined)
      return { text: viewer.text(), outcome }
    },
    get losses() {
      return [...writer.losses, ...viewer.losses]
    },
    async leave() {
      for (const { connection } of [writer, viewer]) connection.close()
      await Promise.all([writer.closed, viewer.closed])
    },
  }
}

interface Participant {
  readonly connection: Connection
  readonly losses: CloseInfo[]
  readonly closed: Promise<void>
  say(write: (writer: MessageWriter) => void): void
  until(condition: (fields: Fields) => boolean): Promise<Fields>
  /** All that came on main, in the order of arrival. */
  text(): string
}

async function participant(dial: Dial, id: string): Promise<Participant> {
  const connection = await dial()
  const heard: Fields[] = []
  const decoder = new TextDecoder()
  let text = ""
  const losses: CloseInfo[] = []
  let watch = () => {}
  const say = (write: (writer: MessageWriter) => void) => {
    const writer = new MessageWriter()
    write(writer)
    connection.send(writer.take())
  }
  const take = (message: Uint8Array) => {
    const reader = new MessageReader()
    reader.load(message)
    while (reader.next()) {
      if (reader.type === FrameType.chunk && reader.lane === Lane.main) {
        text += decoder.decode(reader.data(), { stream: true })
      } else {
        const fields = reader.fields()
        heard.push(fields)
        if (fields.ping !== undefined) say((w) => w.control(0, 0, { pong: fields.ping }))
      }
    }
    watch()
  }
  const closed = new Promise<void>((resolve) => {
    connection.start({
      onMessage: (message) => take(message as Uint8Array),
      onDrain: () => {},
      onClose: (info) => {
        losses.push(info)
        resolve()
      },
    })
  })
  const until: Participant["until"] = (condition) =>
    new Promise((resolve, reject) => {
      watch = () => {
        const found = heard.find(condition)
        if (found !== undefined) resolve(found)
      }
      void closed.then(() => reject(new Error(`${id} lost its connection: ${losses[0]?.reason}`)))
      watch()
    })
  say((w) => w.control(0, 0, { hello: { ...HELLO, secret: id.repeat(43) } }))
  await until(({ welcome }) => welcome !== undefined)
  return { connection, losses, closed, say, until, text: () => text }
}
