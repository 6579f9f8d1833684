import type { Clock, Random } from "@luxbus/clock"
import type { CreateHash, ReaderEvents, StreamReader } from "@luxbus/dual-stream"
import {
  assertName,
  assertPattern,
  BusError,
  type Fields,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MAILBOX_GROUP,
  mailboxSubject,
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
import { closeOnAbort } from "./abort.ts"
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
import type { ExchangeGuest, JoinOptions } from "./exchange/exchange-guest.ts"
import type { ExchangeHost, HostOptions } from "./exchange/exchange-host.ts"
import type { NoticeListener } from "./notices.ts"
import type { OpenOptions } from "./open-options.ts"
import { encodePayload, type Payload } from "./payload.ts"
import type { PublishOptions } from "./publish-options.ts"
import type { PublishReceipt, SendReceipt } from "./receipts/receipts.ts"
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

/** How {@link Bus.mailbox} reads. */
export type MailboxOptions = Pick<SubscribeOptions, "prefetch" | "signal" | "onNotice">

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
  readonly #told = new Set<(value: JsonValue) => void>()
  readonly #assembly = new Assembly()
  #nextMember = 0
  readonly #connected = deferred<void>()
  #streams: Streams | undefined
  #loadingStreams: Promise<Streams> | undefined
  #refreshing: Promise<void> | undefined

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
          control: (fields) => this.#heard(fields, options),
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
   * Listens to what whoever runs the broker tells all of its clients. At most once: what the connection loses is lost.
   * @returns takes the listener away again
   */
  onBroadcast(listener: (value: JsonValue) => void): () => void {
    this.#told.add(listener)
    return () => void this.#told.delete(listener)
  }

  /**
   * Publishes one message to whoever subscribes to the subject. At most once: what the connection loses is lost.
   * Resolves when it is queued; waits while much is.
   *
   * With `receipt` it is kept and repeated until the broker has answered, and resolves with what that said: at least
   * once, and without duplicates while the broker lives. Ordering: among those with receipts, and among those without.
   * @throws BusError `invalid_argument`, `invalid_payload`, `too_large` (1 MiB), `cancelled` (one with a receipt may be
   * published nevertheless), `closed`
   */
  publish(subject: string, payload: Payload, options: PublishOptions & { receipt: true }): Promise<PublishReceipt>
  publish(subject: string, payload: Payload, options?: PublishOptions & { receipt?: false }): Promise<void>
  async publish(subject: string, payload: Payload, options: PublishOptions = {}): Promise<unknown> {
    // What it is at the call, whatever becomes of it while the writing half is loaded.
    const encoded = encodePayload(payload)
    const streams = this.#streams ?? (await this.#loadStreams())
    return streams.publish(subject, encoded, options)
  }

  /**
   * Sends one message to a client, which need not be connected now: the broker keeps it in that client's mailbox, for
   * 120 s unless it was set otherwise. At least once. Resolves with what the broker said.
   * @throws BusError `unknown_stream` where no such client has connected to the broker yet; `mailbox_full`,
   * `invalid_argument`, `invalid_payload`, `too_large` (1 MiB), `cancelled` (it may be sent nevertheless), `closed`
   */
  async send(to: string, payload: Payload, options: Pick<PublishOptions, "signal"> = {}): Promise<SendReceipt> {
    const encoded = encodePayload(payload)
    return (await this.#writing()).send(to, encoded, options.signal)
  }

  /**
   * Reads what others have sent to this client, the oldest first. Asking for the next message acknowledges the one before;
   * what was not acknowledged when this client is gone, its next reader gets, marked by `attempt`. Await `connected` first
   * where the broker gives the client its id.
   */
  mailbox(options: MailboxOptions = {}): Subscription {
    return this.subscribe(mailboxSubject(this.id), { ...options, group: MAILBOX_GROUP })
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
    assertName(name, "stream name")
    return (await this.#writing()).open(name, options)
  }

  /** Accepts the streams that peers open to this client under names that match `pattern` (`*` one token, `>` the rest). */
  accept(pattern: string, options: AcceptOptions = {}): Acceptor {
    assertPattern(pattern)
    this.#session.assertOpen()
    const incoming = this.#writing().then((streams) => streams.accept(pattern, options))
    const acceptor = new Acceptor(pattern, incoming)
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

  /**
   * Makes this client an exchange point: what others publish through it, everybody who has joined gets, in its order, and
   * late ones from its history. Resolves once the broker knows of it.
   * @throws BusError `conflict` where another client hosts the subject; `invalid_argument`, `rate_limited`, `cancelled`, `closed`
   */
  async host(subject: string, options: HostOptions = {}): Promise<ExchangeHost> {
    return (await this.#writing()).host(subject, options)
  }

  /**
   * Takes part in an exchange that another client hosts.
   * @throws BusError `no_provider` where nobody hosts it; `invalid_argument`, `peer_lost`, `cancelled`, `closed`
   */
  async join(subject: string, options: JoinOptions = {}): Promise<ExchangeGuest> {
    return (await this.#writing()).join(subject, options)
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
    const reply = await this.command("cancel", { name, ...(reason !== undefined && { reason }) })
    return { status: isJsonObject(reply) ? String(reply["status"]) : "live" }
  }

  /** The streams that the broker hosts. */
  async list(): Promise<readonly HostedSummary[]> {
    return (await this.command("list", {})) as unknown as readonly HostedSummary[]
  }

  /**
   * Asks the broker for one of its own operations, by name: those of operators are in `@luxbus/client/operator`. It is asked
   * again on each connection until there is an answer.
   * @throws BusError that the broker answers; `too_large` where it does not fit into one frame (4 KiB), `closed`
   */
  command(op: string, params: JsonObject = {}): Promise<JsonValue> {
    return new Promise((resolve, reject) => this.#session.command(op, params, resolve, reject))
  }

  /** Closes the connection for good; what is still under way fails with `closed`. Idempotent. */
  async close(): Promise<void> {
    this.#session.close()
    await this.#streams?.close()
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
    }
    for (const listener of this.#listeners) listener(status)
  }

  #heard({ command, welcome }: Fields, { getToken }: BusOptions): void {
    if (command?.["op"] === "broadcast") for (const listener of this.#told) listener(command["value"] ?? null)
    // Who has a token that is good for ever does not load it. Where it cannot be, the next connection is another attempt.
    if (getToken !== undefined && welcome?.["expiresAtMs"] !== undefined) {
      this.#refreshing ??= import("./refresh-token.ts")
        .then(({ refreshToken }) => refreshToken(this.#components.clock, this.#session, { getToken, welcome }))
        .catch(() => {
          this.#refreshing = undefined
        })
    }
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
    return { clock, createHash, session: this.#session, assembly: this.#assembly }
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
