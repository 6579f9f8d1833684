import { AliasTable } from "./alias-table.ts"
import { BusError } from "./errors.ts"
import { type AliasUse, frameToPacket, type Named, nobodyNamed } from "./frame-to-packet.ts"
import { LIMITS } from "./limits.ts"
import { MessageReader, type MessageReaderOptions } from "./message-reader.ts"
import { MessageWriter } from "./message-writer.ts"
import type { Packet } from "./packet.ts"
import { packetToFrame } from "./packet-to-frame.ts"

/**
 * Converts between packets in JSON and binary frames, without loss, on one connection. Frames name streams by alias,
 * packets by name: the framer learns which is which from the STARTs that pass through it, so every message of the
 * connection passes through, in order. Frames that go one way come in by {@link PacketFramer.toPackets}, those that go
 * the other way come out of {@link PacketFramer.toFrames}.
 *
 * Every frame has one packet as its normal form. Other packets that say the same become that form on their way there
 * and back: numbers of a list are folded into ranges, names that the stream supplies are filled in, `to: null` and
 * `is_final` are made explicit or left out.
 */
export class PacketFramer {
  readonly #options: MessageReaderOptions | undefined
  readonly #reader: MessageReader
  readonly #writer = new MessageWriter()
  #framesIn: AliasTable
  #framesOut: AliasTable

  constructor(options?: MessageReaderOptions) {
    this.#options = options
    this.#reader = new MessageReader(options)
    const [framesIn, framesOut] = AliasTable.pair()
    this.#framesIn = framesIn
    this.#framesOut = framesOut
  }

  /**
   * The same connection as its other end converts it: what either learns, both know. For who looks on at a connection,
   * and has frames of both ways to write as packets.
   */
  reversed(): PacketFramer {
    const other = new PacketFramer(this.#options)
    other.#framesIn = this.#framesOut
    other.#framesOut = this.#framesIn
    return other
  }

  /**
   * Writes a message's frames as packets. A frame whose alias no START has bound keeps its alias and an empty uid.
   * @param aliases which packets bear an alias. Default `needed`: the normal form
   * @throws BusError as `MessageReader.next` and `MessageReader.fields` do
   */
  toPackets(message: Uint8Array, aliases: AliasUse = "needed"): readonly Packet[] {
    const named = nobodyNamed()
    const packets: Packet[] = []
    this.#reader.load(message)
    while (this.#reader.next()) packets.push(frameToPacket(this.#reader, this.#framesIn, named, aliases))
    return packets
  }

  /**
   * Writes packets as one message of frames.
   * @throws BusError `unknown_stream` for a packet about a stream that no START has named; `protocol` for one that no
   * frame can say; `too_large` over a frame's or message's limit. Nothing of the message comes out then, but the STARTs
   * before the fault are learnt
   */
  toFrames(packets: readonly Packet[]): Uint8Array {
    const named = nobodyNamed()
    try {
      for (const packet of packets) packetToFrame(packet, this.#writer, this.#framesOut, named)
      return this.#writer.take()
    } catch (error) {
      this.#writer.take()
      throw asProtocol(error)
    }
  }

  /**
   * Writes packets as messages of frames, each of about 64 KiB, as they are asked for.
   * @param refused hears of a packet that is left out, as its stream alone is at fault: `unknown_stream`, `too_large`
   * @throws BusError `protocol` for a packet that no frame can say; what came before it in its message is lost
   */
  *toMessages(packets: readonly Packet[], refused: (packet: Packet, error: BusError) => void): Iterable<Uint8Array> {
    const writer = this.#writer
    let named = nobodyNamed()
    for (const packet of packets) {
      this.#write(packet, named, refused)
      if (writer.length < LIMITS.flushBytes) continue
      yield writer.take()
      named = nobodyNamed()
    }
    if (writer.length > 0) yield writer.take()
  }

  /** Whether a chunk's names alone lead to an alias that a START in {@link PacketFramer.toPackets} has bound. */
  isNamed(alias: number): boolean {
    const spoken = this.#framesIn.resolve(alias)
    if (spoken === undefined) return false
    const { uid, type } = spoken.binding
    return this.#framesIn.find({ uid, type, chunk: 0, from: spoken.from, to: spoken.to }) === alias
  }

  /** Forgets an alias that a START in {@link PacketFramer.toPackets} has bound: its stream is over. */
  unbindIn(alias: number): void {
    this.#framesIn.unbind(alias)
  }

  /** Forgets an alias that a START in {@link PacketFramer.toFrames} has bound: its stream is over. */
  unbindOut(alias: number): void {
    this.#framesOut.unbind(alias)
  }

  #write(packet: Packet, named: Named, refused: (packet: Packet, error: BusError) => void): void {
    try {
      packetToFrame(packet, this.#writer, this.#framesOut, named)
    } catch (error) {
      const isStreams = error instanceof BusError && (error.code === "unknown_stream" || error.code === "too_large")
      if (isStreams) {
        refused(packet, error)
        return
      }
      this.#writer.take()
      throw asProtocol(error)
    }
  }
}

/** What the writer takes for a caller's mistake is here the peer's. */
function asProtocol(error: unknown): unknown {
  if (!(error instanceof BusError) || error.code !== "invalid_argument") return error
  return new BusError("protocol", error.message, { cause: error, details: error.details })
}
