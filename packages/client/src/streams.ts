import type { Clock } from "@luxbus/clock"
import { type CreateHash, fromLivePeer, fromPeer, StreamReader, StreamWriter } from "@luxbus/dual-stream"
import { BusError, type Codec, matchSubject, StreamKind, Urgency } from "@luxbus/packet"
import { type ClientSession, ClientStreams, type IncomingStart, Publisher, SeqSource } from "@luxbus/session"
import { abortError, throwIfAborted } from "./abort.ts"
import type { Acceptor } from "./acceptor.ts"
import type { Assembly } from "./assembly.ts"
import { BusStream, type BusStreamParts } from "./bus-stream.ts"
import { type OpenOptions, writerOptions } from "./open-options.ts"
import { RESUME_WINDOW_MS } from "./resume-window.ts"
import { Waiters } from "./waiters.ts"

/** What {@link Streams} are made of. */
export interface StreamsComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly session: ClientSession
  readonly assembly: Assembly
  /** Whoever accepts streams of peers at the time. */
  readonly acceptors: Iterable<Acceptor>
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

  /** See `Bus.publish`. @returns whether there is room for more: if not, wait for {@link publishRoom} */
  publish(subject: string, data: Uint8Array, codec: Codec): boolean {
    return this.#publisher.publish(subject, data, codec)
  }

  /** Resolves when there is room to publish again. */
  publishRoom(signal: AbortSignal | undefined): Promise<void> {
    return this.#room.wait(signal)
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

  /** Somebody accepts streams of peers now: those that wait may try again. */
  retryHeld(): void {
    this.#streams.retryHeld()
  }

  /** The session is over: whoever waits for room hears of it. */
  closed(error: BusError): void {
    this.#room.fail(error)
  }

  #makeStream(name: string, options: OpenOptions, start?: IncomingStart): BusStream {
    const { clock, createHash, assembly } = this.#components
    const peer = start?.from ?? options.to
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
      onNotice: options.onNotice,
      makeWriter: (events) =>
        new StreamWriter(
          { clock, createHash, events, budget: this.#streams.sendBudget },
          {
            kind: peer === undefined ? StreamKind.hosted : StreamKind.relayed,
            name,
            epoch: peer === undefined ? 0 : Math.floor(clock.wallNow() / 1000),
            seq: this.#seqs.next(),
            urgency,
            ...(live !== undefined && { live }),
            ...(abandonMs !== undefined && { abandonMs }),
            ...(peer !== undefined && { to: peer, windowMs: RESUME_WINDOW_MS, isAnswer: start !== undefined }),
            ...(start === undefined && Object.keys(headers).length > 0 && { headers }),
          },
        ),
      ...(peer !== undefined && {
        makeReader: (events) => new StreamReader({ clock, createHash, events }, { source, windowMs: RESUME_WINDOW_MS }),
      }),
      release: (stream) => this.#release(stream),
    }
    const stream = new BusStream(parts)
    if (start === undefined && peer !== undefined && stream.reader !== undefined) {
      this.#streams.peerReaders.expect(peer, name, stream.reader)
    }
    return stream
  }

  #release(stream: BusStream): void {
    this.#streams.removeWriter(stream.writer)
    if (stream.reader !== undefined && stream.peer !== undefined) {
      this.#streams.peerReaders.remove(stream.peer, stream.name, stream.reader)
    }
  }

  /** A peer opens a stream: the first acceptor that wants it gets it, and this side's half goes back under its name. */
  #incoming(start: IncomingStart): StreamReader | undefined {
    for (const acceptor of this.#components.acceptors) {
      if (!acceptor.hasRoom || !matchSubject(acceptor.pattern, start.name)) continue
      const stream = this.#makeStream(start.name, {}, start)
      const timer = this.#components.clock.setTimer(acceptor.openTimeoutMs, () => {
        acceptor.remove(stream)
        stream.reader?.refuse(new BusError("timeout", "Nobody took the stream in time."))
        stream.writer.abandon(new BusError("timeout", "Nobody took the stream in time."))
      })
      this.#streams.addWriter(stream.writer)
      return acceptor.push(stream, timer)
    }
    return undefined
  }
}
