import type { Clock, Random } from "@luxbus/clock"
import {
  assertName,
  BROKER_LIMITS,
  BusError,
  ChannelRole,
  type Fields,
  HopFlag,
  type JsonObject,
  sameBytes,
  utf8Bytes,
} from "@luxbus/packet"
import type { Place } from "../relay-control.ts"
import { Channel } from "./channel.ts"
import type { Exchange } from "./exchange.ts"
import { memberToJson } from "./member.ts"
import { Registration, type RegistrationClaim } from "./registration.ts"

export interface ChannelsComponents {
  readonly clock: Clock
  readonly random: Random
  /** A provider of this channel may be chosen that might not before. */
  readonly available: (channel: string) => void
}

/**
 * Who provides and who consumes what, by channel: the members that this broker's own clients have registered. A channel is
 * there as long as it has one.
 */
export class Channels {
  readonly #components: ChannelsComponents
  readonly #options: { readonly windowMs: number; readonly maxPerClient: number }
  readonly #byName = new Map<string, Channel>()
  readonly #byClient = new Map<string, Set<Registration>>()

  constructor(components: ChannelsComponents, options: { readonly windowMs: number; readonly maxPerClient: number }) {
    this.#components = components
    this.#options = options
  }

  get size(): number {
    return this.#byName.size
  }

  get registrationCount(): number {
    let count = 0
    for (const { size } of this.#byName.values()) count += size
    return count
  }

  /**
   * A START of kind register: a new registration, or one that is stated again.
   * @throws BusError `rate_limited`; `conflict` where this client is registered so, on this connection, already
   */
  register(claim: RegistrationClaim, place: Place): void {
    const before = this.#byName.get(claim.channel)?.get(claim.id, claim.role)
    if (before !== undefined && sameBytes(before.claim.seq, claim.seq)) {
      before.announce(place)
      if (before.restate(claim.meta)) this.#byName.get(claim.channel)?.restated(before)
      return
    }
    if (before?.carrier === place.carrier) {
      throw new BusError("conflict", `This client is registered in "${claim.channel}" already.`)
    }
    before?.replace(new BusError("replaced", `"${claim.id}" has registered in "${claim.channel}" anew.`))
    const registration = this.#create(claim)
    registration.announce(place)
  }

  /** One that may be chosen for what this client asks; undefined: there is none. */
  choose(channel: string, from: string): Registration | undefined {
    return this.#byName.get(channel)?.choose(this.#components.random, from)
  }

  /** A provider by its client's id, whether it is connected or not. */
  provider(channel: string, id: string): Registration | undefined {
    return this.#byName.get(channel)?.get(id, ChannelRole.provider)
  }

  /**
   * Another session has this client's id: what the one before has registered is over.
   * @returns what its providers had under way
   */
  sessionReplaced(id: string): readonly Exchange[] {
    const registrations = [...(this.#byClient.get(id) ?? [])]
    const exchanges = registrations.flatMap((registration) => [...registration.exchanges])
    const error = new BusError("replaced", `Another session has the id "${id}" now.`)
    for (const registration of registrations) registration.replace(error)
    return exchanges
  }

  /** Every channel, and how many are registered in it. */
  list(): JsonObject[] {
    return Array.from(this.#byName.values(), (channel) => ({
      channel: channel.name,
      consumers: channel.count(ChannelRole.consumer),
      providers: channel.count(ChannelRole.provider),
      members: channel.count(ChannelRole.member),
    }))
  }

  /** Everybody who is registered in a channel, of whatever role. */
  members(channel: string): JsonObject[] {
    return (this.#byName.get(channel)?.all() ?? []).map((registration) => ({
      ...memberToJson(registration),
      connected: registration.connected,
    }))
  }

  /** Lets go of all of them; nobody is told. */
  close(): void {
    for (const registrations of this.#byClient.values()) {
      for (const registration of registrations) registration.close()
    }
    this.#byName.clear()
    this.#byClient.clear()
  }

  #create(claim: RegistrationClaim): Registration {
    const own = this.#byClient.get(claim.id) ?? new Set()
    if (own.size >= this.#options.maxPerClient) {
      throw new BusError("rate_limited", "too many registrations at a time", {
        details: { limit: this.#options.maxPerClient },
      })
    }
    const channel = this.#byName.get(claim.channel) ?? new Channel(claim.channel)
    const events = {
      changed: () => {
        if (channel.changed(registration)) this.#components.available(channel.name)
      },
      left: () => this.#left(channel, registration),
    }
    const now = () => channel.toldTo(registration)
    const registration: Registration = new Registration(
      { clock: this.#components.clock, events, now },
      claim,
      this.#options,
    )
    this.#byName.set(claim.channel, channel)
    this.#byClient.set(claim.id, own.add(registration))
    channel.add(registration)
    return registration
  }

  #left(channel: Channel, registration: Registration): void {
    const { id } = registration
    channel.remove(registration)
    if (channel.size === 0) this.#byName.delete(channel.name)
    const own = this.#byClient.get(id)
    own?.delete(registration)
    if (own?.size === 0) this.#byClient.delete(id)
  }
}

/** What a START of kind register claims. @throws BusError `invalid_argument`, `too_large` */
export function registrationClaim(id: string, hop: number, fields: Fields): RegistrationClaim {
  const { name = "", role, capacity = 1, seq, headers: meta } = fields
  assertName(name, "channel")
  if ((hop & HopFlag.registration) === 0) throw new BusError("invalid_argument", "a registration says that it is one")
  if (role === undefined) throw new BusError("invalid_argument", "a registration has a role")
  if (capacity === 0) throw new BusError("invalid_argument", "a capacity is at least 1")
  if (seq === undefined) throw new BusError("invalid_argument", "a registration has a seq")
  const limit = BROKER_LIMITS.memberMetaBytes
  if (meta !== undefined && utf8Bytes(JSON.stringify(meta)) > limit) {
    throw new BusError("too_large", "a member says too much of itself", { details: { limit } })
  }
  return { id, channel: name, role, capacity, seq: seq.slice(), meta }
}
