import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { type BusError, type Fields, type Packet, parsePackets } from "@luxbus/packet"
import { type CloseInfo, type MemoryPair, memoryPair } from "@luxbus/transport"
import { JsonConnection, ServerSession, SharedTexts } from "../../src/index.ts"
import { testHash } from "../test-hash.ts"

export const HELLO: Packet = {
  uid: "",
  type: "command",
  hello: { versions: [1], secret: "s".repeat(43), id: "alice" },
}

/** A broker's session to a client in JSON, whose text a test writes and reads. */
export interface TextSide {
  readonly clock: ManualClock
  readonly link: MemoryPair
  readonly connection: JsonConnection
  readonly session: ServerSession
  /** Messages in the order of their coming. */
  readonly texts: string[]
  readonly heard: Packet[]
  readonly starts: { readonly alias: number; readonly fields: Fields }[]
  readonly closes: CloseInfo[]
  say(message: string | Uint8Array | Packet | readonly Packet[]): void
}

export function textSide(
  options: { readonly shared?: SharedTexts; readonly clock?: ManualClock; readonly refuse?: BusError } = {},
): TextSide {
  const { clock = new ManualClock(), shared = new SharedTexts(), refuse } = options
  const link = memoryPair({ clock, protocol: "luxbus.v1.json" })
  const texts: string[] = []
  const heard: Packet[] = []
  const starts: { alias: number; fields: Fields }[] = []
  const closes: CloseInfo[] = []
  const connection = new JsonConnection({
    clock,
    random: new SeededRandom(1),
    createHash: testHash,
    connection: link.near,
    shared,
    isBound: (address) => session.mux.bound(address) !== undefined,
    onFault: (error) => session.fault(error),
  })
  const session: ServerSession = new ServerSession(
    {
      clock,
      connection,
      createHash: testHash,
      handler: {
        hello: (hello) => session.welcome(hello.id ?? "client/1"),
        started: (alias, _header, fields) => {
          starts.push({ alias, fields })
          if (refuse !== undefined) throw refuse
        },
        resumeStream: () => {},
        command: (id, op) => session.reply(id, `you asked for ${op}`),
        closed: (info) => closes.push(info),
      },
    },
    { incarnation: "0011223344556677" },
  )
  link.far.start({
    onMessage: (text) => {
      texts.push(text as string)
      heard.push(...parsePackets(text as string))
    },
    onDrain: () => {},
    onClose: () => {},
  })
  clock.settle()
  return {
    ...{ clock, link, connection, session, texts, heard, starts, closes },
    say(message) {
      link.far.send(typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message))
      clock.settle()
    },
  }
}
