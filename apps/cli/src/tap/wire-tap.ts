import { type BusError, MessageReader, type Packet, PacketFramer } from "@luxbus/packet"
import type { Message } from "@luxbus/transport"
import { frameLine } from "../decode/frame-line.ts"
import { jsonText } from "../decode/rows.ts"
import { ACCEPTED, soundFrames } from "../decode/sound-frames.ts"
import type { ConnectionObserver } from "./observed-connection.ts"

/** Which packets a tap shows, and how. */
export interface WireTapOptions {
  /** The stream. What is of the connection itself is never shown: HELLO bears secrets. */
  readonly name: string
  /** Shows of chunks and statements about one lane only this one's. Default: both. */
  readonly lane?: "main" | "error" | undefined
  /** Packets as JSON instead of lines for people. */
  readonly json: boolean
  /** Unix time. */
  readonly wallNow: () => number
  /** Takes one line, its end included. */
  readonly print: (line: string) => void
}

type Direction = "sent" | "received"

const ARROWS: Readonly<Record<Direction, string>> = { sent: "->", received: "<-" }

/** Prints what goes over one connection about one stream, both ways, as the frames are. */
export class WireTap implements ConnectionObserver {
  readonly #options: WireTapOptions
  readonly #reader = new MessageReader(ACCEPTED)
  readonly #inbound = new PacketFramer(ACCEPTED)
  readonly #outbound = this.#inbound.reversed()

  constructor(options: WireTapOptions) {
    this.#options = options
  }

  sent(message: Message): void {
    this.#show("sent", message, this.#outbound)
  }

  received(message: Message): void {
    this.#show("received", message, this.#inbound)
  }

  #show(direction: Direction, message: Message, framer: PacketFramer): void {
    if (typeof message === "string") return
    const { bytes, fault } = soundFrames(message)
    const sound = message.subarray(0, bytes)
    const packets = framer.toPackets(sound)
    this.#reader.load(sound)
    for (const packet of packets) {
      this.#reader.next()
      if (this.#isMeant(packet)) this.#print(direction, packet)
    }
    if (fault !== undefined) this.#printFault(direction, fault)
  }

  /** An ERROR of the connection has no name: it ends the stream here all the same. */
  #isMeant({ uid, frame, chunk, lane }: Packet): boolean {
    const { name, lane: only } = this.#options
    if (uid !== name && frame !== "error") return false
    const about = chunk === undefined ? lane : (lane ?? "main")
    return only === undefined || about === undefined || about === only
  }

  #print(direction: Direction, packet: Packet): void {
    const { json, print, wallNow } = this.#options
    const timestamp = wallNow() / 1_000
    if (json) print(`${jsonText({ ...packet, tap: { timestamp, direction } })}\n`)
    else print(`${clockTime(wallNow())} ${ARROWS[direction]} ${frameLine(this.#reader)}\n`)
  }

  /** In JSON it is no packet; the command's error tells it. */
  #printFault(direction: Direction, { message }: BusError): void {
    const { json, print, wallNow } = this.#options
    if (!json) print(`${clockTime(wallNow())} ${ARROWS[direction]} ${message}\n`)
  }
}

/** Local time of day, to the millisecond. */
function clockTime(unixMs: number): string {
  const date = new Date(unixMs)
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, "0")}`
}
