import type { Clock } from "@luxbus/clock"
import type { BrokerCarrier } from "@luxbus/dual-stream"
import { assertName, BusError, type Fields, type FullHeader, sameBytes } from "@luxbus/packet"
import type { Cluster } from "./cluster/cluster.ts"
import { Relay, type RelayClaim, type Side, sayElsewhere, type WriterPlace } from "./relay.ts"
import { Waiters } from "./waiters.ts"
import { asBusError } from "./when-settled.ts"

export interface RelaysComponents {
  readonly clock: Clock
  /** The connection of a client, while it has one. */
  readonly carrierOf: (clientId: string) => BrokerCarrier | undefined
  /** Where clients of other brokers are; undefined: there are none. */
  readonly cluster: Cluster | undefined
}

/** All relayed streams, known by writer, reader and name. */
export class Relays {
  readonly #components: RelaysComponents
  readonly #options: { readonly windowMs: number; readonly maxPerClient: number }
  readonly #byKey = new Map<string, Relay>()
  readonly #countByWriter = new Map<string, number>()
  readonly #waiting = new Waiters<Relay>()

  constructor(components: RelaysComponents, options: { readonly windowMs: number; readonly maxPerClient: number }) {
    this.#components = components
    this.#options = options
  }

  get size(): number {
    return this.#byKey.size
  }

  /** Relays whose reader is not connected. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /**
   * A START of kind relayed: of a client's, or of one of another broker's, which passes it on.
   * @throws BusError `invalid_argument`, `rate_limited`
   */
  start(from: string, place: WriterPlace, header: FullHeader, fields: Fields): void {
    const { name = "", to = "", seq } = fields
    assertName(name, "name")
    assertName(to, "to")
    if (seq === undefined) throw new BusError("invalid_argument", "a relayed stream has a seq")
    const claim = { name, from, to, epoch: header.epoch, seq: seq.slice() }
    const reader = this.#readerOf(to, place.isRemote)
    if (place.isRemote && reader === undefined) {
      sayElsewhere(place)
      return
    }
    const relay = this.#relayOf(claim)
    if (relay === undefined) {
      const current = this.#byKey.get(keyOf(claim))?.claim.epoch ?? 0
      place.carrier.control(place.address, 0, { verdict: { verdict: "fenced", current } })
      return
    }
    try {
      relay.announce(place, reader, header, fields)
    } catch (error) {
      relay.refuse(asBusError(error))
    }
  }

  /** A client is connected: who waits for it as a reader tries again. */
  connected(clientId: string): void {
    for (const relay of this.#waiting.take(clientId)) relay.retry(this.#readerOf(clientId, false))
  }

  /** Lets go of all of them; nobody is told. */
  close(): void {
    for (const relay of [...this.#byKey.values()]) relay.close()
  }

  /** Where a reader is. What another broker passes on goes no further than to this one's own clients. */
  #readerOf(clientId: string, forRemote: boolean): Side | undefined {
    const { carrierOf, cluster } = this.#components
    const own = carrierOf(clientId)
    if (own !== undefined) return { carrier: own, isRemote: false }
    const link = forRemote ? undefined : cluster?.carrierOf(clientId)
    return link && { carrier: link, isRemote: true }
  }

  /** The relay of this claim, made where there is none; undefined when a later epoch holds the place. */
  #relayOf(claim: RelayClaim): Relay | undefined {
    const known = this.#byKey.get(keyOf(claim))
    if (known !== undefined) {
      if (sameBytes(known.claim.seq, claim.seq)) return known
      if (claim.epoch < known.claim.epoch) return undefined
      known.supersede()
    }
    return this.#create(claim)
  }

  #create(claim: RelayClaim): Relay {
    const count = this.#countByWriter.get(claim.from) ?? 0
    if (count >= this.#options.maxPerClient) {
      throw new BusError("rate_limited", "too many relayed streams at a time", {
        details: { limit: this.#options.maxPerClient },
      })
    }
    const key = keyOf(claim)
    const directory = this.#components.cluster?.directory
    const events = {
      waiting: () => {
        this.#waiting.add(claim.to, relay)
        directory?.lookFor(claim.to)
      },
      ended: () => {
        this.#ended(key, relay)
        directory?.streamEnded(claim.to)
      },
    }
    const relay = new Relay({ clock: this.#components.clock, events }, claim, this.#options)
    this.#byKey.set(key, relay)
    directory?.streamBegun(claim.to)
    this.#countByWriter.set(claim.from, count + 1)
    return relay
  }

  #ended(key: string, relay: Relay): void {
    const { from, to } = relay.claim
    if (this.#byKey.get(key) === relay) this.#byKey.delete(key)
    this.#waiting.remove(to, relay)
    const count = (this.#countByWriter.get(from) ?? 1) - 1
    if (count === 0) this.#countByWriter.delete(from)
    else this.#countByWriter.set(from, count)
  }
}

/** Names have no control characters, so that the separator tells them apart. */
function keyOf({ from, to, name }: RelayClaim): string {
  return `${from}\0${to}\0${name}`
}
