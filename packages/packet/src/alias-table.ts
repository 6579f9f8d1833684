import { AliasBit } from "./frame-layout.ts"
import type { Packet, PacketType } from "./packet.ts"

/** What a START said of the stream that its alias stands for. */
export interface Binding {
  readonly alias: number
  readonly uid: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly epoch: number
  readonly type: PacketType
}

/** Names and ids of one side's streams on one connection, learnt from its STARTs. */
class Side {
  readonly #byAlias = new Map<number, Binding>()
  readonly #byUid = new Map<string, Binding[]>()

  bind(binding: Binding): void {
    this.unbind(binding.alias)
    this.#byAlias.set(binding.alias, binding)
    const same = this.#byUid.get(binding.uid)
    if (same === undefined) this.#byUid.set(binding.uid, [binding])
    else same.push(binding)
  }

  unbind(alias: number): void {
    const binding = this.#byAlias.get(alias)
    if (binding === undefined) return
    this.#byAlias.delete(alias)
    const same = this.#byUid.get(binding.uid)!.filter((other) => other !== binding)
    if (same.length === 0) this.#byUid.delete(binding.uid)
    else this.#byUid.set(binding.uid, same)
  }

  get(alias: number): Binding | undefined {
    return this.#byAlias.get(alias)
  }

  /** The newest that fits. */
  find(uid: string, fits: (binding: Binding) => boolean): Binding | undefined {
    return this.#byUid.get(uid)?.findLast(fits)
  }
}

/** A stream as one of the two sides speaks of it: whoever speaks is `from`. */
export interface Spoken {
  readonly binding: Binding
  readonly from: string | undefined
  readonly to: string | undefined
}

// Said by a stream's reader; all else is its writer's. Tells two streams of one uid apart, one each way.
const READER_FIELDS = ["cum", "ack", "missing", "credit", "open", "cancel"] as const

function isReaders(packet: Packet): boolean {
  return packet.status === "complete" || READER_FIELDS.some((field) => packet[field] !== undefined)
}

const fitsName = (given: string | null | undefined, bound: string | undefined): boolean =>
  given === undefined || given === null || bound === undefined || given === bound

/**
 * Which alias means which stream, on one connection in one direction of speech. `own` is the side whose frames are
 * converted, `other` the side that reads them and whose aliases bear the receiver bit.
 */
export class AliasTable {
  readonly #own: Side
  readonly #other: Side

  private constructor(own: Side, other: Side) {
    this.#own = own
    this.#other = other
  }

  /** The two directions of one connection. */
  static pair(): readonly [AliasTable, AliasTable] {
    const left = new Side()
    const right = new Side()
    return [new AliasTable(left, right), new AliasTable(right, left)]
  }

  /** Learns a START of the side whose frames are converted. */
  bind(binding: Binding): void {
    this.#own.bind(binding)
  }

  /** Forgets an alias of the side whose frames are converted. */
  unbind(alias: number): void {
    this.#own.unbind(alias)
  }

  /** The stream that an alias in a frame stands for. */
  resolve(alias: number): Spoken | undefined {
    const byReceiver = alias >= AliasBit.receiver
    const binding = byReceiver ? this.#other.get(alias - AliasBit.receiver) : this.#own.get(alias)
    if (binding === undefined) return undefined
    return byReceiver
      ? { binding, from: binding.to, to: binding.from }
      : { binding, from: binding.from, to: binding.to }
  }

  /**
   * The alias that a packet's names stand for. Where several streams fit, the newest; a reader's statement is sooner
   * about the other side's stream. A chunk's `from` may differ from its stream's: that is its origin.
   */
  find(packet: Packet): number | undefined {
    const { uid, from, to, epoch } = packet
    const data = packet.chunk !== undefined
    const fitsEpoch = (binding: Binding) => !data || epoch === undefined || epoch === binding.epoch
    const own = (exact: boolean) =>
      this.#own.find(
        uid,
        (binding) => fitsEpoch(binding) && fitsName(to, binding.to) && (!exact || fitsName(from, binding.from)),
      )?.alias
    const other = () => {
      const found = this.#other.find(uid, (binding) => fitsName(from, binding.to) && fitsName(to, binding.from))
      return found === undefined ? undefined : (found.alias | AliasBit.receiver) >>> 0
    }
    const exact = !data && isReaders(packet) ? (other() ?? own(true)) : (own(true) ?? (data ? undefined : other()))
    return exact ?? (data ? own(false) : undefined)
  }
}
