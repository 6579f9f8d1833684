import type { Clock } from "@luxbus/clock"
import { type CreateHash, fromLivePeer, fromPeer, StreamReader, StreamWriter } from "@luxbus/dual-stream"
import { BusError, matchSubject, StreamKind, toHex, Urgency } from "@luxbus/packet"
import { type ClientSession, ClientStreams, type IncomingStart, Publisher, SeqSource } from "@luxbus/session"
import { abortError, throwIfAborted } from "./abort.ts"
import type { AcceptOptions } from "./acceptor.ts"
import type { Assembly } from "./assembly.ts"
import { BusStream, type BusStreamParts } from "./bus-stream.ts"
import type { AskOptions, Channels } from "./channels/channels.ts"
import type { Exchanges } from "./exchange/exchanges.ts"
import { IncomingStreams } from "./incoming-streams.ts"
import { LaterPart } from "./later-part.ts"
import { type OpenOptions, writerOptions } from "./open-options.ts"
import type { EncodedPayload } from "./payload.ts"
import type { PublishOptions } from "./publish-options.ts"
import type { Receipts } from "./receipts/receipts.ts"
import { RESUME_WINDOW_MS } from "./resume-window.ts"
import { Waiters } from "./waiters.ts"
import { MAX_DELAY_MS } from "./whole-number.ts"

/** How a stream is made: as it is opened, or as a request to a channel. */
interface StreamOptions extends OpenOptions {
  /** The channel that is asked; without `to` the broker chooses who of it answers. */
  readonly channel?: string
  readonly waitMs?: number
  readonly deadlineMs?: number
}

/** What {@link Streams} are made of. */
export interface StreamsComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly session: ClientSession
  readonly assembly: Assembly
}

/**
 * What a bus writes, and what peers write to it: the half of a client that a page which only watches never loads.
 * @throws BusError `closed`, or what ended the session
 */
export function createStreams(components: StreamsComponents): Streams {
  return new Streams(components)
}

/** Made by {@link createStreams}. */
export class Streams {
  readonly #components: StreamsComponents
  readonly #seqs: SeqSource
  readonly #streams: ClientStreams
  readonly #publisher: Publisher
  readonly #room = new Waiters()
  /** What peers open under names that somebody accepts. */
  readonly #accepted = new Set<IncomingStreams>()
  readonly #channels = new LaterPart("channels", async () => this.#makeChannels(await import("./channels/channels.ts")))
  readonly #receipts = new LaterPart("receipts", async () => this.#makeReceipts(await import("./receipts/receipts.ts")))
  readonly #exchanges = new LaterPart("exchanges", async () =>
    this.#makeExchanges(await import("./exchange/exchanges.ts")),
  )

  constructor(components: StreamsComponents) {
    const { createHash, session } = components
    this.#components = components
    this.#seqs = new SeqSource(session.secret, createHash)
    this.#streams = new ClientStreams(session, (start) => this.#incoming(start))
    this.#publisher = new Publisher(
      () => this.#seqs.next(),
      () => this.#room.wake(),
    )
    session.addPart(this.#publisher)
  }

  /** See `Bus.request`. */
  async request(...args: Parameters<Channels["request"]>): ReturnType<Channels["request"]> {
    return (await this.#channels.get()).request(...args)
  }

  /** See `Bus.requestMany`. */
  async requestMany(...args: Parameters<Channels["requestMany"]>): ReturnType<Channels["requestMany"]> {
    return (await this.#channels.get()).requestMany(...args)
  }

  /** See `Bus.serve`. */
  async serve(...args: Parameters<Channels["serve"]>): ReturnType<Channels["serve"]> {
    return (await this.#channels.get()).serve(...args)
  }

  /** See `Bus.channel`. */
  async channel(...args: Parameters<Channels["join"]>): ReturnType<Channels["join"]> {
    return (await this.#channels.get()).join(...args)
  }

  /** See `Bus.send`. */
  async send(...args: Parameters<Receipts["send"]>): ReturnType<Receipts["send"]> {
    return (await this.#receipts.get()).send(...args)
  }

  /** See `Bus.host`. */
  async host(...args: Parameters<Exchanges["host"]>): ReturnType<Exchanges["host"]> {
    return (await this.#exchanges.get()).host(...args)
  }

  /** See `Bus.join`. */
  async join(...args: Parameters<Exchanges["join"]>): ReturnType<Exchanges["join"]> {
    return (await this.#exchanges.get()).join(...args)
  }

  /** See `Bus.publish`. @returns what is to be waited for: the receipt, or room; undefined where there is nothing */
  publish(subject: string, encoded: EncodedPayload, { signal, receipt }: PublishOptions): Promise<unknown> | undefined {
    throwIfAborted(signal)
    this.#components.session.assertOpen()
    if (receipt) return this.#receipts.get().then((receipts) => receipts.publish(subject, encoded, signal))
    return this.#publisher.publish(subject, encoded.data, encoded.codec) ? undefined : this.#room.wait(signal)
  }

  /** See `Bus.open`. */
  async open(name: string, options: OpenOptions): Promise<BusStream> {
    const { signal } = options
    throwIfAborted(signal)
    if (options.urgency !== undefined && !(options.urgency in Urgency)) {
      throw new BusError("invalid_argument", `An urgency is low, normal or high, not "${options.urgency}".`)
    }
    const stream = this.#makeStream(name, options)
    this.#streams.addWriter(stream.writer)
    const onAbort = () => {
      if (signal !== undefined) stream.writer.abandon(abortError(signal))
    }
    signal?.addEventListener("abort", onAbort)
    try {
      await stream.opened
      return stream
    } catch (error) {
      await stream.close()
      throw error
    } finally {
      signal?.removeEventListener("abort", onAbort)
    }
  }

  /** See `Bus.accept`. */
  accept(pattern: string, options: AcceptOptions): IncomingStreams {
    const incoming: IncomingStreams = new IncomingStreams(pattern, options, {
      onClose: () => this.#accepted.delete(incoming),
      onRoom: () => this.#streams.retryHeld(),
    })
    this.#accepted.add(incoming)
    this.#streams.retryHeld()
    return incoming
  }

  /** Closes what waits for the application. */
  async close(): Promise<void> {
    for (const incoming of [...this.#accepted]) await incoming.close()
  }

  /** The session is over: whoever waits for room, or for a stream, hears of it. */
  closed(error: BusError): void {
    for (const incoming of this.#accepted) incoming.fail(error)
    this.#room.fail(error)
    this.#receipts.loaded?.closed(error)
  }

  #makeChannels({ Channels }: typeof import("./channels/channels.ts")): Channels {
    return new Channels({
      clock: this.#components.clock,
      session: this.#components.session,
      nextSeq: () => this.#seqs.next(),
      open: (options) => this.#ask(options),
      retryHeld: () => this.#streams.retryHeld(),
    })
  }

  #makeReceipts({ Receipts }: typeof import("./receipts/receipts.ts")): Receipts {
    return new Receipts({ session: this.#components.session, nextSeq: () => this.#seqs.next() })
  }

  #makeExchanges({ Exchanges }: typeof import("./exchange/exchanges.ts")): Exchanges {
    return new Exchanges({
      id: () => this.#components.session.id ?? "",
      join: (channel, options) => this.channel(channel, options),
      open: (options) => this.#ask(options),
    })
  }

  /** Opens a request to a channel: a duplex under a name of its own, which nobody has to have accepted to be written to. */
  #ask({ channel, to, headers, waitMs, deadlineMs, onNotice }: AskOptions): BusStream {
    const stream = this.#makeStream(toHex(this.#seqs.next()), {
      channel,
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(waitMs !== undefined && { waitMs }),
      ...(to !== undefined && { to }),
      ...(headers !== undefined && { headers }),
      ...(onNotice !== undefined && { onNotice }),
    })
    this.#streams.addWriter(stream.writer)
    return stream
  }

  #makeStream(name: string, options: StreamOptions, start?: IncomingStart): BusStream {
    const { clock, createHash, assembly } = this.#components
    const peer = start?.from ?? options.to
    const { channel, waitMs, deadlineMs } = options
    const isRelayed = peer !== undefined || channel !== undefined
    const urgency = start?.urgency ?? Urgency[options.urgency ?? "normal"]
    const headers = start?.headers ?? options.headers ?? {}
    const { live, abandonMs } = writerOptions(options)
    const source = start?.live ? fromLivePeer : fromPeer
    const parts: BusStreamParts = {
      name,
      peer,
      direction: start === undefined ? "outbound" : "inbound",
      headers,
      assembly,
      live: start?.live ?? live !== undefined,
      isRequest: start?.channel !== undefined,
      deadlineAtMs: start !== undefined && start.deadlineMs > 0 ? clock.now() + start.deadlineMs : undefined,
      onNotice: options.onNotice,
      makeWriter: (events) =>
        new StreamWriter(
          { clock, createHash, events, budget: this.#streams.sendBudget },
          {
            kind: isRelayed ? StreamKind.relayed : StreamKind.hosted,
            name,
            epoch: isRelayed ? Math.floor(clock.wallNow() / 1000) : 0,
            seq: this.#seqs.next(),
            urgency,
            ...(live !== undefined && { live }),
            ...(abandonMs !== undefined && { abandonMs }),
            ...(peer !== undefined && { to: peer }),
            ...(isRelayed && { windowMs: RESUME_WINDOW_MS, isAnswer: start !== undefined }),
            ...(channel !== undefined && { channel }),
            ...(waitMs !== undefined && { waitMs }),
            ...(deadlineMs !== undefined && { deadlineMs }),
            ...(start === undefined && Object.keys(headers).length > 0 && { headers }),
          },
        ),
      ...(isRelayed && {
        makeReader: (events) => new StreamReader({ clock, createHash, events }, { source, windowMs: RESUME_WINDOW_MS }),
      }),
      release: (stream) => this.#release(stream),
    }
    const stream = new BusStream(parts)
    if (start === undefined && stream.reader !== undefined) {
      const { peerReaders } = this.#streams
      if (peer !== undefined) peerReaders.expect(peer, name, stream.reader)
      else peerReaders.expectAny(name, stream.reader, (from) => stream.answeredBy(from))
    }
    return stream
  }

  #release({ writer, reader, peer, name }: BusStream): void {
    const { peerReaders } = this.#streams
    this.#streams.removeWriter(writer)
    if (reader === undefined) return
    if (peer === undefined) peerReaders.removeAny(name, reader.error ?? new BusError("closed", "The request is over."))
    else peerReaders.remove(peer, name, reader)
  }

  /** Who takes a stream that a peer opens: the channel's provider, or who accepts its name. */
  #takersOf({ channel, name }: IncomingStart): IncomingStreams[] {
    if (channel !== undefined) return this.#channels.loaded?.takersOf(channel) ?? []
    return [...this.#accepted].filter(({ pattern }) => matchSubject(pattern, name))
  }

  /**
   * A peer opens a stream: the first one that wants it gets it, and this side's half goes back under its name.
   * @throws BusError `closed` where it asks a channel that this client has left, and the broker did not know so yet
   */
  #incoming(start: IncomingStart): StreamReader | undefined {
    const takers = this.#takersOf(start)
    if (start.channel !== undefined && takers.length === 0) {
      throw new BusError("closed", `"${start.channel}" is not provided here any more.`)
    }
    for (const incoming of takers) {
      if (!incoming.hasRoom) continue
      const stream = this.#makeStream(start.name, {}, start)
      // A request waits for its turn as long as its consumer does.
      const waitMs = start.channel === undefined ? incoming.openTimeoutMs : start.deadlineMs || MAX_DELAY_MS
      const timer = this.#components.clock.setTimer(waitMs, () => {
        incoming.remove(stream)
        stream.reader?.refuse(new BusError("timeout", "Nobody took the stream in time."))
        stream.writer.abandon(new BusError("timeout", "Nobody took the stream in time."))
      })
      this.#streams.addWriter(stream.writer)
      return incoming.push(stream, timer)
    }
    return undefined
  }
}
