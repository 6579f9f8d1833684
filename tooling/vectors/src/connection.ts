import { ChunkFlag, type Packet, PacketFramer } from "@luxbus/packet"
import { toHex } from "./bytes.ts"
import type { AcceptedFlag, Side, VectorMessage } from "./vector.ts"

/** Both ends of a connection's codec: whatever either side says passes through both, so that both know its STARTs. */
export class CodecConnection {
  readonly #client: PacketFramer
  readonly #broker: PacketFramer

  constructor(accepts: readonly AcceptedFlag[] = []) {
    const acceptedFlags = acceptedFlagsOf(accepts)
    this.#client = new PacketFramer({ acceptedFlags })
    this.#broker = new PacketFramer({ acceptedFlags })
  }

  /** Writes packets as frames, and reads them back. */
  write(by: Side, packets: readonly Packet[]): VectorMessage {
    const [writer, reader] = this.#of(by)
    const bytes = writer.toFrames(packets)
    return { by, hex: toHex(bytes), packets: reader.toPackets(bytes) }
  }

  /** Reads frames as packets, and writes them again. @throws Error when other frames come out */
  read(by: Side, message: Uint8Array): VectorMessage {
    const [writer, reader] = this.#of(by)
    const packets = reader.toPackets(message)
    const again = toHex(writer.toFrames(packets))
    if (again !== toHex(message)) throw new Error(`${toHex(message)} came back as ${again}`)
    return { by, hex: again, packets }
  }

  #of(by: Side): readonly [writer: PacketFramer, reader: PacketFramer] {
    return by === "client" ? [this.#client, this.#broker] : [this.#broker, this.#client]
  }
}

/** The bits that a reader takes. */
export function acceptedFlagsOf(accepts: readonly AcceptedFlag[]): number {
  return accepts.reduce((bits, flag) => bits | ChunkFlag[flag], 0)
}
