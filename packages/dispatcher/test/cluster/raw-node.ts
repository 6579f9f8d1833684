import type { ManualClock } from "@luxbus/clock/testing"
import { type Fields, MessageReader, MessageWriter, toHex } from "@luxbus/packet"
import { DATAGRAM_HEADER_BYTES, type DatagramHeader, readDatagram, writeDatagram } from "../../src/cluster/datagram.ts"
import type { Backplane } from "../../src/index.ts"

/** One frame that came: a chunk as its number, all else by its fields. */
export interface HeardFrame {
  readonly alias: number
  readonly number: number | undefined
  readonly fields: Fields
}

/** One datagram that came. */
export interface Heard extends DatagramHeader {
  readonly frames: readonly HeardFrame[]
}

/** A broker that says to another one what a test likes. */
export class RawNode {
  readonly incarnation: Uint8Array
  /** As addresses and the directory name it. */
  readonly id: string
  readonly heard: Heard[] = []
  readonly #backplane: Backplane
  /** Where the other one's links of this kind listen. */
  readonly #peer: string
  #lastSeq = 0

  /** @param peer the other's incarnation */
  constructor(backplane: Backplane, incarnationByte: number, peer: Uint8Array, kind: "node" | "ordered" = "node") {
    this.#backplane = backplane
    this.#peer = `${kind}/${toHex(peer)}`
    this.incarnation = new Uint8Array(8).fill(incarnationByte)
    this.id = toHex(this.incarnation)
    backplane.subscribe(`${kind}/${this.id}`, (bytes) => {
      this.heard.push({ ...readDatagram(bytes)!, frames: framesOf(bytes.subarray(DATAGRAM_HEADER_BYTES)) })
    })
  }

  /** The other's number of the link that it spoke on last. */
  get peerLink(): number {
    return this.heard.at(-1)?.link ?? 0
  }

  /** All frames that came, each once: what came again in a repeated message of control is left out. */
  get frames(): readonly HeardFrame[] {
    const seen = new Set<string>()
    return this.heard.flatMap(({ link, seq, frames }) => {
      const key = `${link} ${seq}`
      if (seq > 0 && seen.has(key)) return []
      seen.add(key)
      return frames
    })
  }

  /** Says something as it is: by default data on link 1 to no link of the other's. */
  say(header: Partial<DatagramHeader>, write: (writer: MessageWriter) => void = () => {}): void {
    const writer = new MessageWriter()
    write(writer)
    this.sayBytes(header, writer.take())
  }

  sayBytes(header: Partial<DatagramHeader>, frames: Uint8Array): void {
    const whole = { from: this.incarnation, link: 1, peerLink: 0, seq: 0, ack: 0, ...header }
    this.#backplane.publish(this.#peer, writeDatagram(whole, frames))
  }

  /** Says the next message of control on link 1, and has had all that the other said. */
  control(write: (writer: MessageWriter) => void): void {
    const ack = this.heard.reduce((most, { seq }) => Math.max(most, seq), 0)
    this.say({ seq: ++this.#lastSeq, peerLink: this.peerLink, ack }, write)
  }

  /** Has had all that the other said. */
  acknowledge(): void {
    const ack = this.heard.reduce((most, { seq }) => Math.max(most, seq), 0)
    this.say({ peerLink: this.peerLink, ack })
  }

  /** Lets time pass in which it acknowledges, as a broker that is there does. */
  pass(clock: ManualClock, ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100)
      this.acknowledge()
    }
    clock.settle()
  }
}

function framesOf(bytes: Uint8Array): HeardFrame[] {
  const reader = new MessageReader()
  const frames: HeardFrame[] = []
  reader.load(bytes)
  while (reader.next()) {
    const fields = reader.fields()
    const isData = reader.compact && reader.lane !== 3
    frames.push({
      alias: reader.compact ? reader.alias : (fields.alias ?? 0),
      number: isData ? reader.number : undefined,
      fields,
    })
  }
  return frames
}
