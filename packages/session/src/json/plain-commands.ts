import { BusError, DISPATCHER, type JsonObject, type Packet } from "@luxbus/packet"

/** Above what clients number their own commands by. */
const FIRST_ID = 0x8000_0000

/**
 * The seed's form of commands to the dispatcher, `{"uid": S, "type": "command", "to": "dispatcher", "data": O}`: they
 * bear no number, so the broker numbers them, and names what it answers by their `uid`.
 */
export class PlainCommands {
  readonly #uids = new Map<number, string>()
  #nextId = FIRST_ID

  /**
   * The command in full.
   * @throws BusError `unsupported` for an operation that is not named by a string
   */
  toCommand({ uid, data }: Packet): Packet {
    if (typeof data !== "string") {
      throw new BusError("unsupported", "A command to the dispatcher names its operation in `data`.")
    }
    const id = this.#nextId++
    this.#uids.set(id, uid)
    return { uid: "", type: "command", command: { id, op: data, params: paramsOf(data, uid) } }
  }

  /** The answer, under the `uid` that the command bore. */
  named(packet: Packet, clientId: string | undefined): Packet {
    const { id, more }: { readonly id?: unknown; readonly more?: unknown } = packet.reply ?? {}
    const uid = typeof id === "number" ? this.#uids.get(id) : undefined
    if (uid === undefined) return packet
    if (more !== true) this.#uids.delete(id as number)
    return { ...packet, uid, from: DISPATCHER, to: clientId }
  }
}

/** Whether a packet is a command in the seed's form. */
export function isPlainCommand({ type, to, data, command }: Packet): boolean {
  return type === "command" && to === DISPATCHER && data !== undefined && command === undefined
}

function paramsOf(op: string, uid: string): JsonObject {
  if (op === "subscribe") return { subject: uid }
  return op === "list" ? {} : { name: uid }
}
