import type { Clock } from "@luxbus/clock"
import { BusError, type JsonValue } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import { authorizeCancel } from "./authorize.ts"
import type { Directory } from "./cluster/directory.ts"
import type { ClientIdentity } from "./connected-client.ts"
import type { ConnectionReaders } from "./connection-readers.ts"
import { LogReader, type ReaderOwner } from "./log-reader.ts"
import type { Patterns } from "./patterns/patterns.ts"
import type { ReadableLog } from "./readable-log.ts"
import type { ReadableStream } from "./readable-stream.ts"
import { type From, type Position, resolvePosition, type TopicFrom } from "./start-position.ts"
import type { StreamLog } from "./stream-log.ts"
import type { Topic } from "./topic.ts"
import { Waiters } from "./waiters.ts"
import { asBusError, isPending, whenSettled } from "./when-settled.ts"

/** One command that asks for a stream or topic. */
export interface AttachRequest {
  readonly readers: ConnectionReaders
  /** The command's number. */
  readonly request: number
  /** Who asks; undefined: another broker, which has asked its own client whether it may. */
  readonly client?: ClientIdentity
  readonly from: From
  /** Whether what is not there yet is waited for: the stream, or the place in it. */
  readonly isAwaited: boolean
}

interface Waiter {
  readonly request: AttachRequest
  readonly forget: () => void
  readonly appeared: () => void
}

/** Puts readers on logs, and remembers who waits for a stream that is not there yet. */
export class Attachments {
  readonly #waiters = new Waiters<Waiter>()
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #directory: Directory | undefined

  /**
   * @param windowMs how long a reader that comes back waits for its stream's writer to come back too
   * @param directory where other brokers' streams are; undefined: there are none
   */
  constructor(clock: Clock, windowMs: number, directory?: Directory) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#directory = directory
  }

  /** Whether somebody waits for a stream of this name. */
  awaits(name: string): boolean {
    return this.#waiters.waitingFor(name).length > 0
  }

  /** Who waits, of all connections. */
  get waitingCount(): number {
    return this.#waiters.size
  }

  /**
   * Attaches to a hosted stream, as soon as it has the place.
   * @param opened hears of its log, before the reader's START
   * @returns the epoch
   * @throws BusError `rate_limited`, `invalid_argument`, `storage`, `closed`; or rejects with it
   */
  attach(stream: ReadableStream, request: AttachRequest, opened?: (log: StreamLog) => void): MaybePromise<number> {
    request.readers.take()
    const begin = (from: From, ready: ReadableStream) => {
      if (ready.log !== undefined) opened?.(ready.log)
      return this.#begin(ready, { ...request, from })
    }
    if (stream.isReady(request.from)) return begin(request.from, stream)
    return new Promise((resolve, reject) => {
      stream.whenReady(request.from, (from, ready) => whenSettled(() => begin(from, ready), resolve, reject))
    })
  }

  /**
   * Attaches once a stream of this name appears; forgotten when the connection is lost before. Who has a cursor has read
   * the stream at a broker that is no more: its writer comes back within the window, or `unknown_stream` is the answer.
   * @throws BusError `rate_limited`
   */
  wait(name: string, request: AttachRequest): void {
    const { readers } = request
    readers.take()
    const forget = () => {
      timer?.cancel()
      this.#waiters.remove(name, waiter)
      this.#directory?.unfollow(name)
      readers.give()
    }
    const giveUp = () => {
      readers.waited(forget)
      forget()
      sayFailed(request, new BusError("unknown_stream", `The stream "${name}" did not come back.`))
    }
    const timer = request.from.type === "cursor" ? this.#clock.setTimer(this.#windowMs, giveUp) : undefined
    const waiter = { request, forget, appeared: () => timer?.cancel() }
    this.#waiters.add(name, waiter)
    readers.waits(forget)
    this.#directory?.follow(name)
    this.#directory?.lookFor(name)
  }

  /** A stream can be attached to: who waited for it is attached. */
  appeared(stream: ReadableStream): void {
    for (const { request, forget, appeared } of this.#waiters.take(stream.name)) {
      appeared()
      request.readers.waited(forget)
      this.#directory?.unfollow(stream.name)
      this.#beginWhenReady(stream, request)
    }
  }

  /** A stream of this name cannot be attached to: who waits for it is told. */
  failed(name: string, error: BusError): void {
    for (const { request, forget } of this.#waiters.waitingFor(name)) {
      request.readers.waited(forget)
      forget()
      sayFailed(request, error)
    }
  }

  /**
   * Subscribes to a topic.
   * @returns the epoch
   * @throws BusError `rate_limited`, `invalid_argument`
   */
  subscribe(topic: Topic, request: Omit<AttachRequest, "from"> & { readonly from: TopicFrom }): MaybePromise<number> {
    request.readers.take()
    topic.touch()
    topic.expire()
    const from = topic.place(request.from)
    return placed(topic.log, () => resolvePosition(topic.log, from, false), request, {
      cancel: noWriter,
      moved: () => {},
      left: () => {
        topic.touch()
        request.readers.give()
      },
    })
  }

  /**
   * Subscribes to all topics that a pattern matches, which must have been checked.
   * @returns the epoch
   * @throws BusError `rate_limited`, `invalid_argument`
   */
  subscribePattern(patterns: Patterns, pattern: string, request: AttachRequest): MaybePromise<number> {
    const { readers, from } = request
    const log = patterns.get(pattern)
    const release = () => patterns.release(log)
    try {
      readers.take()
      return placed(log.view(from), () => log.place(from, patterns.next), request, {
        cancel: noWriter,
        moved: () => {},
        left: () => {
          release()
          readers.give()
        },
      })
    } catch (error) {
      release()
      throw error
    }
  }

  /** The command was answered: a failure is told by itself. */
  #beginWhenReady(stream: ReadableStream, request: AttachRequest): void {
    stream.whenReady(request.from, (from, ready) => {
      whenSettled(
        () => this.#begin(ready, { ...request, from }),
        () => {},
        (error) => sayFailed(request, error),
      )
    })
  }

  #begin(stream: ReadableStream, request: AttachRequest): MaybePromise<number> {
    const { log } = stream
    let isAdmitted = request.client === undefined
    if (log === undefined) {
      request.readers.give()
      throw new BusError("unknown_stream", `The stream "${stream.name}" could not be opened.`)
    }
    const isAwaited = request.isAwaited || stream.isBehind
    return placed(log, () => resolvePosition(log, request.from, isAwaited), request, {
      begun: (reader) => {
        stream.readerCame()
        const leftMs = stream.suspendedLeftMs
        if (leftMs !== undefined) reader.suspended(leftMs)
      },
      cancel: (reason) => {
        // It is stated again and again until there is an outcome, and counts once.
        if (!isAdmitted && request.client !== undefined) authorizeCancel(request.client, stream.name, stream.writer)
        isAdmitted = true
        stream.cancel(reason)
      },
      moved: (next, from) => this.#move(next, { ...request, from, isAwaited: true }),
      left: () => {
        request.readers.give()
        stream.readerLeft()
      },
    })
  }

  #move(stream: ReadableStream, request: AttachRequest): void {
    request.readers.take()
    this.#beginWhenReady(stream, request)
  }
}

function noWriter(): never {
  throw new BusError("unsupported", "a topic has no writer to stop")
}

/** Makes the reader. One that is not made gives its place back. */
function placed(
  log: ReadableLog,
  resolve: () => MaybePromise<Position>,
  { readers, request }: Pick<AttachRequest, "readers" | "request">,
  owner: ReaderOwner & { readonly begun?: (reader: LogReader) => void },
): MaybePromise<number> {
  const begin = (position: Position): number => {
    if (!readers.connected) throw new BusError("closed", "the connection is lost")
    const reader = new LogReader({ log, owner, carrier: readers.carrier }, request, position)
    owner.begun?.(reader)
    return log.identity.epoch
  }
  const failed = (error: unknown): never => {
    readers.give()
    throw asBusError(error)
  }
  try {
    const position = resolve()
    return isPending(position) ? position.then(begin).catch(failed) : begin(position)
  } catch (error) {
    return failed(error)
  }
}

/** The command was answered when the wait began: a later failure is answered to the same number. */
function sayFailed({ readers, request }: AttachRequest, error: BusError): void {
  if (!readers.connected) return
  const reply = { id: request, error: { ...error.toJSON() } satisfies Record<string, JsonValue> }
  readers.carrier.control(0, 0, { reply })
}
