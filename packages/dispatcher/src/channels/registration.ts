import type { Clock, Timer } from "@luxbus/clock"
import type { BrokerCarrier, ControlOutput, StreamEnd } from "@luxbus/dual-stream"
import { BusError, type ChannelRole, type Fields, type JsonObject, Lane } from "@luxbus/packet"
import { claimAddress } from "../claim-address.ts"
import type { Place } from "../relay-control.ts"
import type { Exchange } from "./exchange.ts"
import type { Member } from "./member.ts"
import { MemberNews, type MembersNow } from "./member-news.ts"

/** What a START of kind register claims. */
export interface RegistrationClaim {
  /** The client's id. */
  readonly id: string
  readonly channel: string
  readonly role: ChannelRole
  readonly capacity: number
  /** Names this very registration: a START that bears it again repeats it. */
  readonly seq: Uint8Array
  /** What it says of itself. */
  readonly meta?: JsonObject | undefined
}

export interface RegistrationEvents {
  /** It has a connection, or has none, or rests: whether it may be chosen has changed. */
  changed(): void
  /** It is over. */
  left(): void
}

/** One client's registration in a channel. It outlives its connection for the window. */
export class Registration implements Member {
  readonly claim: RegistrationClaim
  readonly sinceMs: number
  /** What the member is told of others. */
  readonly news: MemberNews
  /** What a provider has been given and has not answered. */
  readonly exchanges = new Set<Exchange>()
  /** Where a provider stands among those that may be chosen; -1: it may not be. */
  choiceIndex = -1
  readonly #clock: Clock
  readonly #events: RegistrationEvents
  readonly #end: StreamEnd
  readonly #windowMs: number
  #place: Place | undefined
  #windowTimer: Timer | undefined
  #openWanted = false
  #timeouts = 0
  #isOver = false
  #meta: JsonObject | undefined

  constructor(
    components: { readonly clock: Clock; readonly events: RegistrationEvents; readonly now: () => MembersNow },
    claim: RegistrationClaim,
    { windowMs }: { readonly windowMs: number },
  ) {
    this.#clock = components.clock
    this.#events = components.events
    this.#windowMs = windowMs
    this.claim = claim
    this.#meta = claim.meta
    this.sinceMs = components.clock.wallNow()
    this.news = new MemberNews(components.now)
    this.#end = {
      pull: (lane, output) => lane === Lane.control && this.#pull(output),
      frame: () => {
        throw new BusError("protocol", "a registration has no chunks")
      },
      endRun: () => {},
      control: ({ cancel }) => this.#cancelled(cancel),
      reset: () => this.#leave(),
      detach: () => this.#detached(),
    }
  }

  get id(): string {
    return this.claim.id
  }

  get role(): ChannelRole {
    return this.claim.role
  }

  get capacity(): number {
    return this.claim.capacity
  }

  get meta(): JsonObject | undefined {
    return this.#meta
  }

  /** It says this of itself now. @returns whether that is something else */
  restate(meta: JsonObject | undefined): boolean {
    const isOther = JSON.stringify(meta) !== JSON.stringify(this.#meta)
    this.#meta = meta
    return isOther
  }

  get connected(): boolean {
    return this.#place !== undefined
  }

  /** The connection that it is on. */
  get carrier(): BrokerCarrier | undefined {
    return this.#place?.carrier
  }

  /** Time-outs in a row, so far. */
  get timeouts(): number {
    return this.#timeouts
  }

  /** The client states it, on this connection: the first time, or again. */
  announce(place: Place): void {
    const before = this.#place
    if (before !== undefined && (before.carrier !== place.carrier || before.address !== place.address)) {
      before.carrier.release(before.address)
    }
    claimAddress(place.carrier, place.address, this.#end)
    this.#windowTimer?.cancel()
    this.#windowTimer = undefined
    this.#place = { carrier: place.carrier, address: place.address }
    this.#openWanted = true
    this.news.restart()
    this.#events.changed()
    this.wake()
  }

  /** There is something to tell. */
  wake(): void {
    this.#place?.carrier.wake(this.#place.address, Lane.control)
  }

  /** An exchange went unanswered until its deadline. */
  timedOut(): void {
    this.#timeouts++
    this.#events.changed()
  }

  /** The provider has answered an exchange: it is none that rests. */
  answered(): void {
    if (this.#timeouts === 0) return
    this.#timeouts = 0
    this.#events.changed()
  }

  /** Another has its place: whoever is still connected is told. */
  replace(error: BusError): void {
    const place = this.#place
    this.#leave()
    place?.carrier.reset(place.address, error)
  }

  /** Lets go of it; nobody is told. */
  close(): void {
    this.#windowTimer?.cancel()
    this.#windowTimer = undefined
    const place = this.#place
    this.#place = undefined
    place?.carrier.release(place.address)
  }

  #pull(output: ControlOutput): boolean {
    if (this.#openWanted) output.control(0, { open: true })
    this.#openWanted = false
    return this.news.pull(output)
  }

  /** `cancel` without a code asks a writer to stop, and this is none. */
  #cancelled(cancel: Fields["cancel"]): void {
    if (cancel === undefined) return
    const place = this.#place
    this.#leave()
    place?.carrier.release(place.address)
  }

  #detached(): void {
    if (this.#isOver) return
    this.#place = undefined
    this.#windowTimer ??= this.#clock.setTimer(this.#windowMs, () => this.#leave())
    this.#events.changed()
  }

  #leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#place = undefined
    this.#windowTimer?.cancel()
    this.#windowTimer = undefined
    this.#events.left()
  }
}
