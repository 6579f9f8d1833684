import { BusError, foldRanges, isJsonObject, type JsonValue, type Packet } from "@luxbus/packet"
import { type Dialect, type DialectOutput, flatList, refusal } from "./dialect.ts"
import { isPlainCommand, PlainCommands } from "./plain-commands.ts"

/** The feature by which a client says that it reads ranges. */
export const RANGES_FEATURE = "ranges"

/**
 * A client that has said HELLO: its packets are those of the session. `from` is overwritten with its id; numbers are
 * listed one by one unless it reads ranges; commands may have the seed's form.
 */
export class FullDialect implements Dialect {
  readonly aliases = "theirs"
  readonly #output: DialectOutput
  readonly #commands = new PlainCommands()
  #id: string | undefined
  #readsRanges = false

  constructor(output: DialectOutput) {
    this.#output = output
  }

  fromClient(packet: Packet): void {
    if (packet.hello !== undefined) this.#readsRanges = offers(packet.hello)
    try {
      this.#output.toBroker(isPlainCommand(packet) ? this.#commands.toCommand(packet) : this.#stamped(packet))
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.#output.toClient(refusal(packet, error))
    }
  }

  fromBroker(packet: Packet): void {
    if (packet.welcome !== undefined) this.#output.toClient(this.#welcomed(packet))
    else if (packet.reply !== undefined) this.#output.toClient(this.#commands.named(packet, this.#id))
    else this.#output.toClient(this.#readsRanges ? packet : listed(packet))
  }

  #welcomed(packet: Packet): Packet {
    const { id }: { readonly id?: JsonValue } = packet.welcome ?? {}
    if (typeof id === "string") this.#id = id
    return this.#readsRanges ? { ...packet, welcome: { ...packet.welcome, features: [RANGES_FEATURE] } } : packet
  }

  /** Who speaks is who was authenticated, whatever a packet says. */
  #stamped(packet: Packet): Packet {
    const speaks = packet.uid !== "" && this.#id !== undefined
    return { ...packet, from: speaks ? this.#id : undefined, origin: undefined, subject: undefined }
  }
}

function offers(hello: unknown): boolean {
  const { features }: { readonly features?: unknown } = isJsonObject(hello) ? hello : {}
  return Array.isArray(features) && features.includes(RANGES_FEATURE)
}

function listed(packet: Packet): Packet {
  const { ack, missing } = packet
  if (ack === undefined && missing === undefined) return packet
  return {
    ...packet,
    ...(ack !== undefined && { ack: flatList(foldRanges(ack)) }),
    ...(missing !== undefined && { missing: flatList(foldRanges(missing)) }),
  }
}
