import { createHash } from "node:crypto"
import { systemClock, systemRandom } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import { type BusError, type Fields, MessageReader, MessageWriter } from "@luxbus/packet"
import { ClientSession, type ClientSessionOptions, type SessionStatus } from "@luxbus/session"
import type { CloseInfo, Connection, Dial } from "@luxbus/transport"

const sha256: CreateHash = () => createHash("sha256")

/** A session without the client's face: what it was told, and its end. */
export interface TestClient {
  readonly session: ClientSession
  /** Resolves when connected; rejects with what ended it. */
  readonly connected: Promise<void>
  /** Resolves with the error that ended the session. */
  readonly ended: Promise<BusError | undefined>
  readonly statuses: readonly SessionStatus[]
  /** What the broker has said on the connection itself. */
  readonly heard: readonly Fields[]
}

/** Connects a session to a server under test. */
export function testClient(dial: Dial, options: ClientSessionOptions = {}): TestClient {
  const statuses: SessionStatus[] = []
  const heard: Fields[] = []
  let connect!: () => void
  let refuse!: (error: unknown) => void
  let end!: (error: BusError | undefined) => void
  const connected = new Promise<void>((resolve, reject) => {
    connect = resolve
    refuse = reject
  })
  connected.catch(() => {})
  const ended = new Promise<BusError | undefined>((resolve) => {
    end = resolve
  })
  const session = new ClientSession(
    {
      clock: systemClock(),
      random: systemRandom(),
      createHash: sha256,
      dial,
      events: {
        control: (fields) => heard.push(fields),
        status: (status) => {
          statuses.push(status)
          if (status.state === "connected") connect()
          if (status.state === "closed") {
            refuse(status.error)
            end(status.error)
          }
        },
      },
    },
    options,
  )
  session.start()
  return { session, connected, ended, statuses, heard }
}

/** A connection on which a test says what it likes. */
export interface RawClient {
  readonly connection: Connection
  /** Every field set that arrived, of any frame. */
  readonly heard: Fields[]
  /** Resolves when the connection is over. */
  readonly closed: Promise<CloseInfo>
  say(write: (writer: MessageWriter) => void): void
  /** Resolves once something heard satisfies the condition. */
  until(condition: (fields: Fields) => boolean): Promise<Fields>
}

/** Opens a connection without a session. */
export async function rawClient(dial: Dial): Promise<RawClient> {
  const connection = await dial()
  const heard: Fields[] = []
  let watch = () => {}
  const closed = new Promise<CloseInfo>((resolve) => {
    const reader = new MessageReader()
    connection.start({
      onMessage: (message) => {
        reader.load(message as Uint8Array)
        while (reader.next()) heard.push(reader.fields())
        watch()
      },
      onDrain: () => {},
      onClose: resolve,
    })
  })
  return {
    connection,
    heard,
    closed,
    say(write) {
      const writer = new MessageWriter()
      write(writer)
      connection.send(writer.take())
    },
    until: (condition) =>
      new Promise((resolve) => {
        watch = () => {
          const found = heard.find(condition)
          if (found !== undefined) resolve(found)
        }
        watch()
      }),
  }
}

/** A HELLO that the server accepts. */
export const HELLO = { versions: [1], features: [], limits: {}, secret: "s".repeat(43) }
