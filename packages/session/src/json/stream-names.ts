import { AliasBit, type Packet, type PacketFramer } from "@luxbus/packet"

/** How many names are kept before those of streams that are over are looked for. */
const SWEEP_FROM = 256

/**
 * Which aliases a connection's framer has learnt. That a stream is over only its ends know, so when the names have
 * doubled, those that no stream is bound to are forgotten; not at once, as frames about them may still be under way.
 */
export class StreamNames {
  readonly #framer: PacketFramer
  readonly #isBound: (address: number) => boolean
  /** By address as the broker has it: a client's aliases bear the receiver bit. */
  readonly #known = new Set<number>()
  #over = new Set<number>()
  #sweepAt = SWEEP_FROM

  /** @param isBound whether a stream is bound to an address of the broker's connection */
  constructor(framer: PacketFramer, isBound: (address: number) => boolean) {
    this.#framer = framer
    this.#isBound = isBound
  }

  /** Names that are known. */
  get size(): number {
    return this.#known.size
  }

  /** A START of the client's passed. */
  startedByClient({ frame, alias }: Packet): void {
    if (frame === "start" && alias !== undefined) this.#learn((alias | AliasBit.receiver) >>> 0)
  }

  /** A START of the broker's passed. */
  startedByBroker({ frame, alias }: Packet): void {
    if (frame === "start" && alias !== undefined) this.#learn(alias)
  }

  #learn(address: number): void {
    this.#known.add(address)
    this.#over.delete(address)
    if (this.#known.size >= this.#sweepAt) this.#sweep()
  }

  #sweep(): void {
    const over = new Set<number>()
    for (const address of this.#known) {
      if (this.#isBound(address)) continue
      if (this.#over.has(address)) this.#forget(address)
      else over.add(address)
    }
    this.#over = over
    this.#sweepAt = Math.max(SWEEP_FROM, this.#known.size * 2)
  }

  #forget(address: number): void {
    this.#known.delete(address)
    if (address >= AliasBit.receiver) this.#framer.unbindOut(address - AliasBit.receiver)
    else this.#framer.unbindIn(address)
  }
}
