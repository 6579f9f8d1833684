import type { Clock, Random } from "@luxbus/clock"
import { type CreateHash, StreamReader, StreamWriter } from "@luxbus/dual-stream"
import {
  assertName,
  assertPattern,
  assertSubject,
  BusError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Outcome,
  StreamKind,
} from "@luxbus/packet"
import {
  type AttachmentKind,
  ClientSession,
  type IncomingStart,
  parseCursor,
  type SessionStatus,
} from "@luxbus/session"
import type { Dial } from "@luxbus/transport"
import { abortError, throwIfAborted } from "./abort.ts"
import { type AcceptOptions, Acceptor } from "./acceptor.ts"
import { AttachedStream } from "./attached.ts"
import { BusStream, type BusStreamParts } from "./bus-stream.ts"
import { deferred } from "./deferred.ts"
import type { NoticeListener } from "./notices.ts"
import { encodePayload, type Payload } from "./payload.ts"
import { Subscription } from "./subscription.ts"
import { Waiters } from "./waiters.ts"

/** How long a relayed stream waits for a peer, or its connection, to come back. */
export const RESUME_WINDOW_MS = 120_000

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

/** How {@link Bus.open} opens a stream. */
export interface OpenOptions {
  /** The peer's client id; absent: the broker hosts the stream, and anyone may attach. */
  readonly to?: string
  /** Anything that readers should know from the start; at most 4 KiB as JSON. */
  readonly headers?: JsonObject
  /** Gives up opening; once open it does nothing. */
  readonly signal?: AbortSignal
  readonly onNotice?: NoticeListener
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
  /** `now` (default), `start` (what the topic's ring still has), or a cursor. */
  readonly from?: string
  /** Closes the subscription. */
  readonly signal?: AbortSignal
  readonly onNotice?: NoticeListener
}

/** What a bus runs on: the platform's, or a test's. */
export interface BusComponents {
  readonly clock: Clock
  readonly random: Random
  readonly createHash: CreateHash
  readonly dial: Dial
}

/** How a bus introduces itself: what remains of the options of `connect`. */
export interface BusOptions {
  readonly id?: string
  /** Asked for a token before every connection. */
  readonly getToken?: () => string | undefined | Promise<string | undefined>
  readonly retryInitial?: boolean
}

/**
 * One participant of the bus. It reconnects by itself, for ever, and everything on it goes on where it was.
 * Every operation fails with `closed`, or with what ended the session, once the bus is closed.
 */
export class Bus implements AsyncDisposable {
  readonly #components: BusComponents
  readonly #session: ClientSession
  readonly #listeners = new Set<(status: BusStatus) => void>()
  readonly #acceptors = new Set<Acceptor>()
  readonly #acceptTimeouts = new Map<Acceptor, number>()
  readonly #publishRoom = new Waiters()
  readonly #connected = deferred<void>()

  /** Use `connect`, or `createBus` of `@luxbus/bus`. */
  constructor(components: BusComponents, options: BusOptions) {
    this.#components = components
    this.#session = new ClientSession(
      {
        ...components,
        events: {
          status: (status) => this.#statusChanged(status),
          incoming: (start) => this.#incoming(start),
          publishRoom: () => this.#publishRoom.wake(),
        },
      },
      options,
    )
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
    this.#assertOpen()
    assertSubject(subject)
    const { data, codec } = encodePayload(payload)
    if (!this.#session.publisher.publish(subject, data, codec)) await this.#publishRoom.wait(options.signal)
  }

  /** Reads what is published on a subject. */
  subscribe(subject: string, options: SubscribeOptions = {}): Subscription {
    assertSubject(subject)
    const subscription = new Subscription(
      subject,
      options.onNotice,
      (handle) =>
        this.#attach("subscribe", subject, options.from ?? "now", false, handle.readerEvents, {
          opened: (reader) => handle.bind(reader),
          refused: (error) => handle.refuse(error),
        }),
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
    const stream = this.#makeStream(name, options)
    this.#session.addWriter(stream.writer)
    const onAbort = () => {
      const { signal } = options
      if (signal !== undefined) stream.writer.abandon(abortError(signal))
    }
    options.signal?.addEventListener("abort", onAbort)
    try {
      await stream.opened
      return stream
    } catch (error) {
      await stream.close()
      throw error
    } finally {
      options.signal?.removeEventListener("abort", onAbort)
    }
  }

  /** Accepts the streams that peers open to this client under names that match `pattern` (`*` one token, `>` the rest). */
  accept(pattern: string, options: AcceptOptions = {}): Acceptor {
    assertPattern(pattern)
    this.#assertOpen()
    const acceptor: Acceptor = new Acceptor(pattern, options.maxPending ?? 64, {
      onClose: () => this.#acceptors.delete(acceptor),
      onRoom: () => this.#session.peerReaders.retryHeld(),
    })
    this.#acceptTimeouts.set(acceptor, options.openTimeoutMs ?? 10_000)
    this.#acceptors.add(acceptor)
    this.#session.peerReaders.retryHeld()
    closeOnAbort(acceptor, options.signal)
    return acceptor
  }

  /** Views a hosted stream. */
  attach(name: string, options: AttachOptions = {}): AttachedStream {
    assertName(name, "stream name")
    const attached = new AttachedStream(
      name,
      options.onNotice,
      (handle) =>
        this.#attach("attach", name, options.from ?? "start", options.wait ?? false, handle.readerEvents, {
          opened: (reader, opened) => handle.bind(reader, opened),
          refused: (error) => handle.refuse(error),
        }),
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

  #assertOpen(): void {
    const { state, error } = this.#session.status
    if (state === "closed") throw error ?? new BusError("closed", "The bus is closed.")
  }

  #statusChanged(status: BusStatus): void {
    if (status.state === "connected") this.#connected.resolve()
    if (status.state === "closed") {
      const error = status.error ?? new BusError("closed", "The bus is closed.")
      this.#connected.reject(error)
      this.#publishRoom.fail(error)
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
    from: string,
    wait: boolean,
    readerEvents: Parameters<ClientSession["attach"]>[1],
    events: Parameters<ClientSession["attach"]>[2],
  ) {
    const place = from === "start" || from === "now" ? from : parseCursor(from)
    return this.#session.attach({ kind, name, from: place, wait }, readerEvents, events)
  }

  #makeStream(name: string, options: OpenOptions, start?: IncomingStart): BusStream {
    const { clock, createHash } = this.#components
    const peer = start?.from ?? options.to
    const headers = start?.headers ?? options.headers ?? {}
    const parts: BusStreamParts = {
      name,
      peer,
      direction: start === undefined ? "outbound" : "inbound",
      headers,
      onNotice: options.onNotice,
      makeWriter: (events) =>
        new StreamWriter(
          { clock, createHash, events },
          {
            kind: peer === undefined ? StreamKind.hosted : StreamKind.relayed,
            name,
            epoch: peer === undefined ? 0 : Math.floor(clock.wallNow() / 1000),
            seq: this.#session.nextSeq(),
            ...(peer !== undefined && { to: peer, windowMs: RESUME_WINDOW_MS, isAnswer: start !== undefined }),
            ...(start === undefined && Object.keys(headers).length > 0 && { headers }),
          },
        ),
      ...(peer !== undefined && {
        makeReader: (events) =>
          new StreamReader({ clock, createHash, events }, { source: "peer", windowMs: RESUME_WINDOW_MS }),
      }),
      release: (stream) => this.#release(stream),
    }
    const stream = new BusStream(parts)
    if (start === undefined && peer !== undefined && stream.reader !== undefined) {
      this.#session.peerReaders.expect(peer, name, stream.reader)
    }
    return stream
  }

  #release(stream: BusStream): void {
    this.#session.removeWriter(stream.writer)
    if (stream.reader !== undefined && stream.peer !== undefined) {
      this.#session.peerReaders.remove(stream.peer, stream.name, stream.reader)
    }
  }

  /** A peer opens a stream: the first acceptor that wants it gets it, and this side's half goes back under its name. */
  #incoming(start: IncomingStart): StreamReader | undefined {
    for (const acceptor of this.#acceptors) {
      if (!acceptor.takes(start)) continue
      const stream = this.#makeStream(start.name, {}, start)
      const openTimeoutMs = this.#acceptTimeouts.get(acceptor) ?? 10_000
      const timer = this.#components.clock.setTimer(openTimeoutMs, () => {
        acceptor.remove(stream)
        stream.reader?.refuse(new BusError("timeout", "Nobody took the stream in time."))
        stream.writer.abandon(new BusError("timeout", "Nobody took the stream in time."))
      })
      this.#session.addWriter(stream.writer)
      return acceptor.push(stream, timer)
    }
    return undefined
  }
}

function closeOnAbort(handle: { close(): Promise<void> }, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  if (signal.aborted) void handle.close()
  else signal.addEventListener("abort", () => void handle.close(), { once: true })
}
