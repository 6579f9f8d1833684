import type { Clock, Random } from "@luxbus/clock"
import type { CreateHash, ReaderEvents, StreamReader } from "@luxbus/dual-stream"
import {
  assertName,
  assertPattern,
  BusError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Outcome,
} from "@luxbus/packet"
import {
  type Attachment,
  type AttachmentKind,
  type AttachmentOptions,
  ClientSession,
  type ClientSessionOptions,
  parseCursor,
  type SessionStatus,
} from "@luxbus/session"
import type { Dial } from "@luxbus/transport"
import { closeOnAbort, throwIfAborted } from "./abort.ts"
import { type AcceptOptions, Acceptor } from "./acceptor.ts"
import { Assembly } from "./assembly.ts"
import { AttachedStream, type Opened } from "./attached.ts"
import type { BusStream } from "./bus-stream.ts"
import type { Reply, RequestOptions } from "./channels/ask.ts"
import type { Channel } from "./channels/channel.ts"
import type { ChannelOptions } from "./channels/channels.ts"
import type { Replies, RequestManyOptions } from "./channels/replies.ts"
import type { RequestHandler, ServeOptions, Service } from "./channels/service.ts"
import { deferred } from "./deferred.ts"
import type { NoticeListener } from "./notices.ts"
import type { OpenOptions } from "./open-options.ts"
import { encodePayload, type Payload } from "./payload.ts"
import type { Streams, StreamsComponents } from "./streams.ts"
import { Subscription } from "./subscription.ts"

/** Where a bus stands: `connecting`, `connected`, `suspended` (it reconnects by itself) or `closed`. */
export type BusStatus = SessionStatus

/** One hosted stream as the broker lists it. */
export interface HostedSummary {
  readonly name: string
  readonly epoch: number
  readonly state: "live" | "suspended" | "finished"
  /** Client id of its writer. */
  readonly writer: string
  /** Unix time. */
  readonly startedAtMs: number
  readonly mainBytes: number
  readonly errorBytes: number
  readonly chunks: number
  readonly readers: number
  readonly headers: JsonObject | null
  /** Null while it is live or suspended. */
  readonly outcome: Outcome | null
}

/** How {@link Bus.attach} views a hosted stream. */
export interface AttachOptions {
  /** `start` (default): everything that the broker still has; `now`: what comes; or a cursor. */
  readonly from?: string
  /** Wait for a stream that nobody has started yet. Default false: `unknown_stream`. */
  readonly wait?: boolean
  /** Closes the attachment. */
  readonly signal?: AbortSignal
  readonly onNotice?: NoticeListener
}

/** How {@link Bus.subscribe} reads a subject. */
export interface SubscribeOptions {
  /**
   * `now` (default), `start` (what the broker still has), `{ last }` (so many messages of a subject, as far as the broker
   * still has them), or a cursor: of the subject, or of any pattern for a pattern.
   */
  readonly from?: string | { readonly last: number }
  /**
   * Shares the subject's messages with all others that subscribe in this group: each message goes to one of them, and to
   * another, marked by its `attempt`, where that one's session ends before it has acknowledged it. Asking for the next
   * message acknowledges the one before. Not of a pattern. `from` counts for the first member of a group only. Default: all messages.
   */
  readonly group?: string
  /** Of a member of a group: messages that it is given ahead, 1 to 1 024. Default 16: enough while an acknowledgement travels. */
  readonly prefetch?: number
  /** Closes the subscription. */
  readonly signal?: AbortSignal
  readonly onNotice?: NoticeListener
}

/** What an attachment tells: an {@link AttachedStream}, or a {@link Subscription}. */
interface AttachingHandle {
  readonly readerEvents: ReaderEvents
  bind(reader: StreamReader, assembly: Assembly, opened: Opened): void
  refuse(error: BusError): void
}

/** What a bus runs on: the platform's, or a test's. */
export interface BusComponents {
  readonly clock: Clock
  readonly random: Random
  readonly createHash: CreateHash
  readonly dial: Dial
  /**
   * Makes what streams are written with: `createStreams` of `@luxbus/client/streams`. Default: it is loaded at the first
   * `open`, `accept` or `publish`, so that a page that only watches does not download it.
   */
  readonly createStreams?: (components: StreamsComponents) => Streams
}

/** How a bus introduces itself to its broker. */
export type BusOptions = ClientSessionOptions

/**
 * One participant of the bus. It reconnects by itself, for ever, and everything on it goes on where it was.
 * Every operation fails with `closed`, or with what ended the session, once the bus is closed.
 */
export class Bus implements AsyncDisposable {
  readonly #components: BusComponents
  readonly #session: ClientSession
  readonly #listeners = new Set<(status: BusStatus) => void>()
  readonly #acceptors = new Set<Acceptor>()
  readonly #assembly = new Assembly()
  #nextMember = 0
  readonly #connected = deferred<void>()
  #streams: Streams | undefined
  #loadingStreams: Promise<Streams> | undefined

  /** Use `connect`, or `createBus` of `@luxbus/bus`. */
  constructor(components: BusComponents, options: BusOptions) {
    this.#components = components
    this.#session = new ClientSession(
      {
        ...components,
        events: {
          status: (status) => this.#statusChanged(status),
          // It waits meanwhile. Where nothing can be loaded, the next one is another attempt.
          peerStarted: () => void this.#loadStreams().catch(() => {}),
        },
      },
      options,
    )
    this.#streams = components.createStreams?.(this.#streamsComponents)
    this.#session.start()
  }

  /** This client's id. */
  get id(): string {
    return this.#session.id ?? ""
  }

  get status(): BusStatus {
    return this.#session.status
  }

  /** Streams, attachments and commands under way. */
  get activeCount(): number {
    return this.#session.activeCount
  }

  /** Resolves at the first connection; rejects with what made it impossible. */
  get connected(): Promise<void> {
    return this.#connected.promise
  }

  /** @returns takes the listener away again */
  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Publishes one message to whoever subscribes to the subject. At most once: what the connection loses is lost.
   * Resolves when it is queued; waits while much is.
   * @throws BusError `invalid_argument`, `invalid_payload`, `too_large` (1 MiB), `cancelled`, `closed`
   */
  async publish(subject: string, payload: Payload, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    throwIfAborted(options.signal)
    this.#session.assertOpen()
    const { data, codec } = encodePayload(payload)
    const streams = this.#streams ?? (await this.#loadStreams())
    if (!streams.publish(subject, data, codec)) await streams.publishRoom(options.signal)
  }

  /**
   * Reads what is published on a subject, or on all subjects that a pattern matches (`*` one token, `>` the rest): in the
   * order of publishing, across subjects.
   */
  subscribe(subject: string, options: SubscribeOptions = {}): Subscription {
    assertPattern(subject)
    const { from = "now", group, prefetch } = options
    const membership = group === undefined ? {} : { group, prefetch, member: this.#nextMember++ }
    const subscription = new Subscription(
      subject,
      options.onNotice,
      (handle) => this.#attach("subscribe", subject, from, false, handle, membership),
      (attachment) => this.#session.detach(attachment),
    )
    closeOnAbort(subscription, options.signal)
    return subscription
  }

  /**
   * Opens a stream to write: hosted by the broker, or, with `to`, a duplex with a peer. Resolves when the broker or the
   * peer's `accept` took it; an absent peer is waited for (notice `waiting`) until `signal` aborts.
   * @throws BusError `invalid_argument`, `fenced` (another client writes this name), `cancelled`, `closed`
   */
  async open(name: string, options: OpenOptions = {}): Promise<BusStream> {
    throwIfAborted(options.signal)
    assertName(name, "stream name")
    return (await this.#writing()).open(name, options)
  }

  /** Accepts the streams that peers open to this client under names that match `pattern` (`*` one token, `>` the rest). */
  accept(pattern: string, options: AcceptOptions = {}): Acceptor {
    assertPattern(pattern)
    this.#session.assertOpen()
    const acceptor: Acceptor = new Acceptor(pattern, options, {
      onClose: () => this.#acceptors.delete(acceptor),
      onRoom: () => this.#streams?.retryHeld(),
    })
    this.#acceptors.add(acceptor)
    this.#writing().then(
      (streams) => streams.retryHeld(),
      (error) => acceptor.fail(error),
    )
    closeOnAbort(acceptor, options.signal)
    return acceptor
  }

  /**
   * Asks a provider of a channel, and waits for its answer. At most once: a provider is chosen once, and kept.
   * @throws BusError `no_provider`; `timeout` where nobody had begun in time, `indeterminate` where somebody had;
   * `peer_lost` with `details.delivered` and `details.maybeExecuted`; `cancelled`; what the provider failed with; `closed`
   */
  async request(channel: string, value: Payload, options: RequestOptions = {}): Promise<Reply> {
    return (await this.#writing()).request(channel, value, options)
  }

  /**
   * Asks all providers that a channel has now, and gives their replies as they come.
   * @throws BusError `no_provider`, `rate_limited`, `cancelled`, `closed`
   */
  async requestMany(channel: string, value: Payload, options: RequestManyOptions = {}): Promise<Replies> {
    return (await this.#writing()).requestMany(channel, value, options)
  }

  /**
   * Provides a channel: `handler` answers its requests. Resolves once the broker knows of it.
   * @throws BusError `conflict` where this bus provides it already, `rate_limited`, `cancelled`, `closed`
   */
  async serve(channel: string, handler: RequestHandler, options: ServeOptions = {}): Promise<Service> {
    return (await this.#writing()).serve(channel, handler, options)
  }

  /**
   * Registers in a channel, to hear who is there and to take its requests one by one. Resolves once the broker has told
   * who is there.
   * @throws BusError `conflict` where this bus has that role already, `rate_limited`, `cancelled`, `closed`
   */
  async channel(id: string, options: ChannelOptions = {}): Promise<Channel> {
    return (await this.#writing()).channel(id, options)
  }

  /** Views a hosted stream. */
  attach(name: string, options: AttachOptions = {}): AttachedStream {
    assertName(name, "stream name")
    const attached = new AttachedStream(
      name,
      options.onNotice,
      (handle) => this.#attach("attach", name, options.from ?? "start", options.wait ?? false, handle),
      (attachment) => this.#session.detach(attachment),
    )
    closeOnAbort(attached, options.signal)
    return attached
  }

  /**
   * Asks the writer of a hosted stream to stop.
   * @returns its status: `live` (it has been asked) or that of its outcome
   * @throws BusError `unknown_stream`
   */
  async cancel(name: string, reason?: string): Promise<{ readonly status: string }> {
    assertName(name, "stream name")
    const reply = await this.#command("cancel", { name, ...(reason !== undefined && { reason }) })
    return { status: isJsonObject(reply) ? String(reply["status"]) : "live" }
  }

  /** The streams that the broker hosts. */
  async list(): Promise<readonly HostedSummary[]> {
    return (await this.#command("list", {})) as unknown as readonly HostedSummary[]
  }

  /** Closes the connection for good; what is still under way fails with `closed`. Idempotent. */
  async close(): Promise<void> {
    this.#session.close()
    for (const acceptor of [...this.#acceptors]) await acceptor.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #statusChanged(status: BusStatus): void {
    if (status.state === "connected") this.#connected.resolve()
    if (status.state === "closed") {
      const error = status.error ?? new BusError("closed", "The bus is closed.")
      this.#connected.reject(error)
      this.#streams?.closed(error)
      for (const acceptor of this.#acceptors) acceptor.fail(error)
    }
    for (const listener of this.#listeners) listener(status)
  }

  #command(op: string, params: JsonObject): Promise<JsonValue> {
    return new Promise((resolve, reject) => this.#session.command(op, params, resolve, reject))
  }

  #attach(
    kind: AttachmentKind,
    name: string,
    from: string | { readonly last: number },
    wait: boolean,
    handle: AttachingHandle,
    membership: Pick<AttachmentOptions, "group" | "member" | "prefetch"> = {},
  ): Attachment {
    const place = typeof from === "object" || from === "start" || from === "now" ? from : parseCursor(from)
    return this.#session.attach({ kind, name, from: place, wait, ...membership }, handle.readerEvents, {
      opened: (reader, opened) => handle.bind(reader, this.#assembly, opened),
      refused: (error) => handle.refuse(error),
    })
  }

  get #streamsComponents(): StreamsComponents {
    const { clock, createHash } = this.#components
    return { clock, createHash, session: this.#session, assembly: this.#assembly, acceptors: this.#acceptors }
  }

  /** The half that writes, which is loaded when it is first needed. */
  async #writing(): Promise<Streams> {
    return this.#streams ?? this.#loadStreams()
  }

  #loadStreams(): Promise<Streams> {
    if (this.#loadingStreams !== undefined) return this.#loadingStreams
    const loading = import("./streams.ts").then(
      ({ createStreams }) => createStreams(this.#streamsComponents),
      (cause) => {
        // A page that is offline now may try again.
        this.#loadingStreams = undefined
        throw new BusError("connection_lost", "The writing half could not be loaded.", { cause })
      },
    )
    // Before anybody waits for it, so that no call made later overtakes those that do.
    loading.then(
      (streams) => {
        this.#streams = streams
      },
      () => {},
    )
    this.#loadingStreams = loading
    return loading
  }
}
