import type { Clock } from "@luxbus/clock"
import { answerFinished } from "@luxbus/dual-stream"
import { assertName, BusError, type Fields, type FullHeader, HopFlag, sameBytes } from "@luxbus/packet"
import type { WriterPlace } from "../relay.ts"
import type { Relays } from "../relays.ts"
import type { Channels } from "./channels.ts"
import { Exchange } from "./exchange.ts"
import type { Registration } from "./registration.ts"
import { WaitingStarts } from "./waiting-starts.ts"

export interface ExchangesComponents {
  readonly clock: Clock
  readonly channels: Channels
  readonly relays: Relays
}

/** Requests to channels: each is given a provider once, and keeps it until request and reply are over. */
export class Exchanges {
  readonly #components: ExchangesComponents
  readonly #waiting: WaitingStarts
  /** By who asks and the stream's name. */
  readonly #pinned = new Map<string, Exchange>()

  constructor(components: ExchangesComponents, { maxPerClient }: { readonly maxPerClient: number }) {
    this.#components = components
    this.#waiting = new WaitingStarts(components.clock, maxPerClient)
  }

  get size(): number {
    return this.#pinned.size
  }

  /** Requests that wait for a provider. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /**
   * The START of a request, the first or a repeated one: goes to the provider that it has, or to one that is chosen now.
   * @throws BusError `invalid_argument`, `no_provider`, `rate_limited`; `peer_lost` where it had one that is forgotten
   */
  start(from: string, place: WriterPlace, header: FullHeader, fields: Fields): void {
    const { name = "", channel = "", seq, waitMs = 0, to } = fields
    const { deadlineMs, epoch } = header
    assertName(name, "name")
    assertName(channel, "channel")
    if (seq === undefined) throw new BusError("invalid_argument", "a request has a seq")
    if (to === undefined && (header.hop & HopFlag.anycast) === 0) {
      throw new BusError("invalid_argument", "a request is to a provider, or to any")
    }
    if (to === from) throw new BusError("invalid_argument", "nobody asks itself")
    const ending = place.tombstones.get(seq)
    if (ending !== undefined) {
      answerFinished(place.carrier, place.address, ending)
      return
    }
    const exchange = this.#pinnedTo(from, name, seq) ?? this.#choose({ name, from, seq, deadlineMs }, fields)
    if (exchange === undefined) {
      this.#waiting.wait({ channel, name, from, seq: seq.slice(), waitMs, deadlineMs }, place)
      return
    }
    this.#waiting.found({ from, name }, place)
    exchange.hold()
    try {
      const claim = { name, from, to: exchange.provider.id, epoch, seq: exchange.claim.seq, channel }
      this.#components.relays.start(claim, place, header, { ...fields, to: claim.to, waitMs: undefined })
    } finally {
      exchange.release()
    }
  }

  /** The exchange that a stream between clients is part of, if it is: the request, or the reply. */
  of(from: string, to: string, name: string): Exchange | undefined {
    const request = this.#pinned.get(keyOf(from, name))
    if (request?.provider.id === to) return request
    const reply = this.#pinned.get(keyOf(to, name))
    return reply?.provider.id === from ? reply : undefined
  }

  /** A provider of this channel may be chosen. */
  available(channel: string): void {
    this.#waiting.retry(channel)
  }

  /** Another session has this client's id: what the one before had under way is lost. */
  sessionReplaced(id: string): void {
    for (const { claim, provider } of this.#components.channels.sessionReplaced(id)) {
      this.#components.relays.lose(claim.from, provider.id, claim.name)
      this.#components.relays.lose(provider.id, claim.from, claim.name)
    }
  }

  close(): void {
    this.#waiting.close()
    this.#pinned.clear()
  }

  #pinnedTo(from: string, name: string, seq: Uint8Array): Exchange | undefined {
    const exchange = this.#pinned.get(keyOf(from, name))
    return exchange !== undefined && sameBytes(exchange.claim.seq, seq) ? exchange : undefined
  }

  #choose(claim: Exchange["claim"], { channel = "", to, resume }: Fields): Exchange | undefined {
    // It had a provider, which may have done the work: another must not do it again.
    if (resume) {
      throw new BusError("peer_lost", `The provider of "${claim.name}" is gone.`, {
        details: { delivered: true, maybeExecuted: true },
      })
    }
    const { channels, clock } = this.#components
    const provider = to === undefined ? channels.choose(channel, claim.from) : channels.provider(channel, to)
    return provider && this.#pin({ ...claim, seq: claim.seq.slice() }, provider, clock)
  }

  #pin(claim: Exchange["claim"], provider: Registration, clock: Clock): Exchange {
    const key = keyOf(claim.from, claim.name)
    const over = () => {
      if (this.#pinned.get(key) === exchange) this.#pinned.delete(key)
    }
    const exchange: Exchange = new Exchange({ clock, over }, claim, provider)
    this.#pinned.set(key, exchange)
    return exchange
  }
}

/** Names have no control characters, so that the separator tells them apart. */
function keyOf(from: string, name: string): string {
  return `${from}\0${name}`
}
