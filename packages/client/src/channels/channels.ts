import type { Clock } from "@luxbus/clock"
import { assertName, BusError, ChannelRole, type JsonObject } from "@luxbus/packet"
import { type ClientSession, Registrations } from "@luxbus/session"
import { closeOnAbort, throwIfAborted } from "../abort.ts"
import type { BusStream } from "../bus-stream.ts"
import { IncomingStreams } from "../incoming-streams.ts"
import type { NoticeListener } from "../notices.ts"
import type { Payload } from "../payload.ts"
import { assertWhole } from "../whole-number.ts"
import { ask, askOptions, type Reply, type RequestOptions, TIMEOUT_MS } from "./ask.ts"
import { Channel } from "./channel.ts"
import { Replies, type RequestManyOptions } from "./replies.ts"
import { CONCURRENCY, type RequestHandler, type ServeOptions, Service } from "./service.ts"

/** How a request's stream is opened. */
export interface AskOptions {
  readonly channel: string
  readonly to?: string | undefined
  readonly headers?: JsonObject | undefined
  /** For how long a provider is waited for, in ms. */
  readonly waitMs?: number
  /** For how long the answer is waited for, in ms. */
  readonly deadlineMs?: number
  readonly onNotice?: NoticeListener
}

/** How a client registers in a channel. */
export interface ChannelOptions {
  /** `consumer` (default): asks, and hears of providers; `provider`: is asked, and hears of consumers; `member`: hears of members. */
  readonly role?: keyof typeof ChannelRole
  /** Of a provider: exchanges that it takes well at a time, from 1 on. Default 1. The broker chooses by it; it is no bound. */
  readonly capacity?: number
  /** What the others are told of this one, as a name or a place: at most 1 KiB as JSON. Default: nothing. */
  readonly meta?: JsonObject
  /** Leaves the channel. */
  readonly signal?: AbortSignal
}

export interface ChannelsComponents {
  readonly clock: Clock
  readonly session: ClientSession
  /** Names what the session creates. */
  readonly nextSeq: () => Uint8Array
  readonly open: (options: AskOptions) => BusStream
  /** Requests that were told to wait may try again. */
  readonly retryHeld: () => void
}

/** Requests that wait for a provider's application; further ones wait at their consumers. */
const MAX_PENDING = 64
/** What the wire takes of a capacity: u32. */
const MAX_COUNT = 0xffff_ffff

/** What one client does with channels: its registrations, and what it asks. */
export class Channels {
  readonly #components: ChannelsComponents
  readonly #registrations: Registrations
  readonly #joined = new Map<string, Channel>()
  readonly #incoming = new Map<string, IncomingStreams>()

  constructor(components: ChannelsComponents) {
    this.#components = components
    this.#registrations = new Registrations(components.session)
  }

  /** See `Bus.channel`. */
  async join(id: string, { role = "consumer", capacity = 1, meta, signal }: ChannelOptions): Promise<Channel> {
    throwIfAborted(signal)
    const channel = this.#register(id, role, capacity, meta)
    closeOnAbort(channel, signal)
    try {
      await channel.ready
    } catch (error) {
      throwIfAborted(signal)
      throw error
    }
    return channel
  }

  /** See `Bus.serve`. */
  async serve(id: string, handler: RequestHandler, options: ServeOptions): Promise<Service> {
    const { concurrency = CONCURRENCY, capacity = concurrency, signal } = options
    assertWhole("concurrency", concurrency, 1, MAX_COUNT)
    const channel = await this.join(id, { role: "provider", capacity, ...(signal !== undefined && { signal }) })
    return new Service(channel, handler, concurrency)
  }

  /** See `Bus.request`. */
  async request(id: string, value: Payload, options: RequestOptions): Promise<Reply> {
    assertName(id, "channel")
    return ask(this.#components, id, value, options)
  }

  /** See `Bus.requestMany`. */
  async requestMany(id: string, value: Payload, options: RequestManyOptions): Promise<Replies> {
    throwIfAborted(options.signal)
    const known = this.#joined.get(keyOf("consumer", id))
    const channel = known ?? this.#register(id, "consumer", 1)
    try {
      await channel.ready
      // Nobody is given its own request.
      const own = this.#components.session.id
      const providers = channel.members().flatMap((member) => (member.id === own ? [] : [member.id]))
      if (providers.length === 0) throw new BusError("no_provider", `Nobody provides "${id}".`)
      const request = (one: RequestOptions) => this.request(id, value, one)
      return new Replies(this.#components.clock, providers, request, { timeoutMs: TIMEOUT_MS, ...options })
    } finally {
      if (known === undefined) await channel.close()
    }
  }

  /** Who takes a request to this channel. */
  takersOf(id: string): IncomingStreams[] {
    const incoming = this.#incoming.get(id)
    return incoming === undefined ? [] : [incoming]
  }

  #register(id: string, role: keyof typeof ChannelRole, capacity: number, meta?: JsonObject): Channel {
    assertName(id, "channel")
    if (!Object.hasOwn(ChannelRole, role)) {
      throw new BusError("invalid_argument", `A role is consumer, provider or member, not "${role}".`)
    }
    assertWhole("capacity", capacity, 1, MAX_COUNT)
    const key = keyOf(role, id)
    if (this.#joined.has(key)) throw new BusError("conflict", `This bus is a ${role} of "${id}" already.`)
    const { nextSeq, retryHeld } = this.#components
    const incoming = role === "provider" ? this.#incomingOf(id) : undefined
    const channel: Channel = new Channel(role, {
      options: { channel: id, role: ChannelRole[role], capacity, seq: nextSeq(), meta },
      incoming,
      deadline: (atMs, passed) => this.#components.clock.setTimer(atMs - this.#components.clock.now(), passed),
      request: (value, options) => this.request(id, value, options),
      open: (options) => this.#components.open(askOptions(id, options)),
      left: () => {
        if (this.#joined.get(key) === channel) this.#joined.delete(key)
        if (this.#incoming.get(id) === incoming) this.#incoming.delete(id)
        this.#registrations.remove(channel.registration)
      },
    })
    this.#joined.set(key, channel)
    if (incoming !== undefined) this.#incoming.set(id, incoming)
    this.#registrations.add(channel.registration)
    retryHeld()
    return channel
  }

  #incomingOf(id: string): IncomingStreams {
    return new IncomingStreams(
      id,
      { maxPending: MAX_PENDING },
      { onClose: () => {}, onRoom: this.#components.retryHeld },
    )
  }
}

function keyOf(role: string, id: string): string {
  return `${role}\0${id}`
}
