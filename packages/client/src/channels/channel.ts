import { BusError, type ChannelRole, type JsonObject } from "@luxbus/packet"
import {
  type ChannelMember,
  ClientRegistration,
  type MemberChange,
  MemberView,
  type RegistrationOptions,
} from "@luxbus/session"
import type { BusStream } from "../bus-stream.ts"
import { deferred } from "../deferred.ts"
import type { IncomingStreams } from "../incoming-streams.ts"
import type { Payload } from "../payload.ts"
import { Waiters } from "../waiters.ts"
import type { OpenRequestOptions, Reply, RequestOptions } from "./ask.ts"
import { ChannelRequest } from "./request.ts"

/** What a {@link Channel} runs on. */
export interface ChannelParts {
  readonly options: RegistrationOptions
  /** Where a provider's requests wait; undefined for a consumer. */
  readonly incoming: IncomingStreams | undefined
  readonly deadline: (atMs: number, passed: () => void) => { cancel(): void }
  readonly request: (value: Payload, options: RequestOptions) => Promise<Reply>
  readonly open: (options: OpenRequestOptions) => BusStream
  /** It is over, for the bus. */
  readonly left: (channel: Channel) => void
}

/** Changes that a watcher has not taken; beyond them the oldest go, as `members` tells who is there. */
const MAX_CHANGES = 1_024

/**
 * This client's registration in a channel: consumers hear of its providers, providers of its consumers, members of all
 * other members, with what each says of itself: who is there (presence). It lives with the
 * session, and reconnects with it. Used once it is closed, or was lost, it throws `invalid_state`.
 */
export class Channel implements AsyncDisposable {
  readonly id: string
  readonly role: keyof typeof ChannelRole
  /** Resolves when the broker has the registration and has told who is there. */
  readonly ready: Promise<void>
  /** The protocol's end of it, for the bus. */
  readonly registration: ClientRegistration
  readonly #parts: ChannelParts
  readonly #ready = deferred<void>()
  readonly #view: MemberView
  readonly #watchers = new Set<(change: MemberChange) => void>()
  readonly #ended = new Set<Waiters>()
  #over: BusError | undefined

  constructor(role: keyof typeof ChannelRole, parts: ChannelParts) {
    this.id = parts.options.channel
    this.role = role
    this.#parts = parts
    this.ready = this.#ready.promise
    this.#view = new MemberView((change) => {
      for (const watcher of this.#watchers) watcher(change)
    })
    this.registration = new ClientRegistration(parts.options, {
      opened: () => this.#view.restart(),
      members: (statement) => {
        this.#view.told(statement)
        if ("members" in statement && statement["more"] !== true) this.#ready.resolve()
      },
      failed: (error) => this.#end(error),
    })
  }

  /** Whether it is over: it was closed, or refused, or the session has ended. */
  get closed(): boolean {
    return this.#over !== undefined
  }

  /** Who is there of the other role, or the other members, as the broker last told. @throws BusError `invalid_state` */
  members(): readonly ChannelMember[] {
    this.#assertUsable()
    return this.#view.list()
  }

  /**
   * Who comes and goes of those that `members` tells of, and who says something else of itself, from now on; ends when the
   * channel does.
   * @throws BusError `invalid_state`
   */
  async *watch(signal?: AbortSignal): AsyncGenerator<MemberChange> {
    this.#assertUsable()
    const changes: MemberChange[] = []
    const waiters = new Waiters()
    const watcher = (change: MemberChange) => {
      changes.push(change)
      if (changes.length > MAX_CHANGES) changes.shift()
      waiters.wake()
    }
    this.#watchers.add(watcher)
    this.#ended.add(waiters)
    try {
      while (this.#over === undefined || changes.length > 0) {
        const change = changes.shift()
        if (change !== undefined) yield change
        else await waiters.wait(signal)
      }
    } finally {
      this.#watchers.delete(watcher)
      this.#ended.delete(waiters)
    }
  }

  /**
   * Says this of itself from now on, in place of what it said before; the others are told. At most 1 KiB as JSON: more
   * ends the registration with `too_large`.
   * @throws BusError `invalid_state`
   */
  update(meta: JsonObject): void {
    this.#assertUsable()
    this.registration.restate(meta)
  }

  /**
   * Asks a provider of the channel: see `Bus.request`.
   * @throws BusError `invalid_state` of a provider's registration, too
   */
  async request(value: Payload, options: RequestOptions = {}): Promise<Reply> {
    this.#assertConsumer()
    return this.#parts.request(value, options)
  }

  /**
   * Asks a provider as a stream: what is written to its lanes is the request, `end` ends that, and what its lanes give to
   * read is the answer, of any size. It has no time to be answered in: `close` gives up.
   * @throws BusError `invalid_state`, `invalid_argument`; its `opened` and `outcome` reject as `request` does
   */
  open(options: OpenRequestOptions = {}): BusStream {
    this.#assertConsumer()
    return this.#parts.open(options)
  }

  /** The next request that is made of this provider; undefined once the channel was closed. @throws BusError `invalid_state` */
  async next(signal?: AbortSignal): Promise<ChannelRequest | undefined> {
    const { incoming, deadline } = this.#parts
    if (incoming === undefined) throw invalid("Only a provider is asked.")
    const stream = await incoming.next(signal)
    return stream && new ChannelRequest(stream, deadline)
  }

  /** The requests that are made of this provider, until the channel is closed. */
  async *requests(signal?: AbortSignal): AsyncGenerator<ChannelRequest> {
    this.#assertUsable()
    for (let one = await this.next(signal); one !== undefined; one = await this.next(signal)) yield one
  }

  /** Leaves the channel: a provider is asked no more, what it has under way goes on. Idempotent. */
  async close(): Promise<void> {
    this.#end(new BusError("closed", "The channel was closed."))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #assertConsumer(): void {
    this.#assertUsable()
    if (this.role !== "consumer") throw invalid("Only a consumer asks: register as one beside.")
  }

  #assertUsable(): void {
    if (this.#over !== undefined) throw invalid(`The registration in "${this.id}" is over.`, this.#over)
  }

  #end(error: BusError): void {
    if (this.#over !== undefined) return
    this.#over = error
    this.#ready.reject(error)
    this.#parts.left(this)
    // Closed with its bus, or by itself: that is no failure of whoever takes requests.
    if (error.code === "closed") void this.#parts.incoming?.close()
    else this.#parts.incoming?.fail(error)
    for (const waiters of this.#ended) waiters.wake()
  }
}

function invalid(message: string, cause?: BusError): BusError {
  return new BusError("invalid_state", message, { cause })
}
