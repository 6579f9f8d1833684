import type { Clock } from "@luxbus/clock"
import { answerFinished } from "@luxbus/dual-stream"
import { assertName, BusError, type Fields, type FullHeader, sameBytes } from "@luxbus/packet"
import { type StreamEnding, Tombstones } from "@luxbus/stream-memory"
import type { Exchange } from "./channels/exchange.ts"
import type { Directory } from "./cluster/directory.ts"
import { Relay, type RelayClaim, type Side, sayElsewhere, type WriterPlace } from "./relay.ts"
import { Waiters } from "./waiters.ts"
import { asBusError } from "./when-settled.ts"

export interface RelaysComponents {
  readonly clock: Clock
  /**
   * Where a reader can be reached now. What another broker passes on goes to this one's own clients only, and where it
   * names a session (the first 8 bytes of its id) to no other: what it says of the reader may be of before that came.
   */
  readonly readerOf: (to: string, forRemote: boolean, session?: Uint8Array) => Side | undefined
  /** Where readers of other brokers are; undefined: there are none. */
  readonly directory: Directory | undefined
  /** The exchange that a stream is part of. Default: it is part of none. */
  readonly exchangeOf?: (claim: RelayClaim) => Exchange | undefined
}

/** Streams that pass through this broker, known by writer, reader and name. */
export class Relays {
  readonly #components: RelaysComponents
  readonly #options: { readonly windowMs: number; readonly maxPerClient: number }
  readonly #byKey = new Map<string, Relay>()
  readonly #countByWriter = new Map<string, number>()
  readonly #waiting = new Waiters<Relay>()
  /** Streams that readers had taken who have left this broker: the next process in a reader's place is no new reader. */
  readonly #taken = new Tombstones()

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
   * The START of a stream that passes: of a client's, or of one of another broker's, which passes it on. It may be of a new
   * stream, of one that goes on, or of one that is over.
   * @throws BusError `rate_limited`; what the stream was reset with, if it is over
   */
  start(claim: RelayClaim, place: WriterPlace, header: FullHeader, fields: Fields): void {
    const ending = place.tombstones.get(claim.seq)
    if (ending !== undefined) {
      answerFinished(place.carrier, place.address, ending)
      return
    }
    const reader = this.#components.readerOf(claim.to, place.isRemote, fields.incarnation)
    if (place.isRemote && reader === undefined) {
      sayElsewhere(place)
      return
    }
    const relay = this.#relayOf(claim, place, fields.resume === true)
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

  /** For how long this claim has been passed on, in ms; 0 where it is new. */
  ageMs(claim: RelayClaim): number {
    const known = this.#byKey.get(keyOf(claim))
    return known !== undefined && sameBytes(known.claim.seq, claim.seq) ? known.ageMs : 0
  }

  /** Whether a stream of this name passes between the two. */
  passes(from: string, to: string, name: string): boolean {
    return this.#byKey.has(keyOf({ from, to, name }))
  }

  /** A reader may be reached now: who waits for it tries again. */
  retry(to: string): void {
    for (const relay of this.#waiting.take(to)) relay.retry(this.#components.readerOf(to, false))
  }

  /** Half of an exchange whose provider will not come back: the consumer is told. */
  lose(from: string, to: string, name: string): void {
    this.#byKey.get(keyOf({ from, to, name }))?.lose()
  }

  /** Lets go of all of them; nobody is told. */
  close(): void {
    for (const relay of [...this.#byKey.values()]) relay.close()
  }

  /** The relay of this claim, made where there is none; undefined when a later epoch holds the place. */
  #relayOf(claim: RelayClaim, place: WriterPlace, isBack: boolean): Relay | undefined {
    const known = this.#byKey.get(keyOf(claim))
    if (known !== undefined) {
      if (sameBytes(known.claim.seq, claim.seq)) return known
      if (claim.epoch < known.claim.epoch) return undefined
    }
    // A stream that comes back, from another broker or one that was restarted, is none that its writer opens.
    if (!isBack) place.admitOpen?.()
    known?.supersede()
    return this.#create(claim, place.tombstones)
  }

  #create(claim: RelayClaim, tombstones: Tombstones): Relay {
    const count = this.#countByWriter.get(claim.from) ?? 0
    if (count >= this.#options.maxPerClient) {
      throw new BusError("rate_limited", "too many relayed streams at a time", {
        details: { limit: this.#options.maxPerClient },
      })
    }
    const key = keyOf(claim)
    const { directory, exchangeOf } = this.#components
    const exchange = exchangeOf?.(claim)
    const isReply = exchange !== undefined && exchange.claim.from !== claim.from
    const events = {
      waiting: () => {
        this.#waiting.add(claim.to, relay)
        directory?.lookFor(claim.to)
      },
      ended: (ending: StreamEnding | undefined) => {
        if (ending !== undefined) tombstones.add(claim.seq, ending)
        else if (relay.isTaken) this.#taken.add(claim.seq, "peer_lost")
        // Who repeats the START of a request that nobody knows the end of must not get another provider.
        if (ending === undefined && exchange !== undefined) tombstones.add(claim.seq, "peer_lost")
        this.#ended(key, relay)
        exchange?.ended(ending, isReply)
        directory?.unfollow(claim.to)
      },
    }
    const isTaken = this.#taken.get(claim.seq) !== undefined
    const relay = new Relay({ clock: this.#components.clock, events }, claim, { ...this.#options, isTaken, isReply })
    exchange?.hold()
    this.#byKey.set(key, relay)
    directory?.follow(claim.to)
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

/** What a START of kind relayed claims. @throws BusError `invalid_argument` */
export function relayClaim(from: string, header: FullHeader, { name = "", to = "", seq }: Fields): RelayClaim {
  assertName(name, "name")
  assertName(to, "to")
  if (seq === undefined) throw new BusError("invalid_argument", "a relayed stream has a seq")
  return { name, from, to, epoch: header.epoch, seq: seq.slice() }
}

/** Names have no control characters, so that the separator tells them apart. */
function keyOf({ from, to, name }: Pick<RelayClaim, "from" | "to" | "name">): string {
  return `${from}\0${to}\0${name}`
}
