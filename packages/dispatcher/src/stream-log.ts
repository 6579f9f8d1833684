import { type BusError, type DataLane, type JsonObject, Lane, type Outcome } from "@luxbus/packet"
import type { FirstNumbers, Journal, LaneBounds, MaybePromise, Run } from "@luxbus/stream-memory"
import type { ReadableLog } from "./readable-log.ts"
import type { ReadableStream } from "./readable-stream.ts"
import type { LogRun } from "./run-builder.ts"
import { asBusError, isPending } from "./when-settled.ts"

/** Who reads a log, as the log sees it. */
export interface LogSubscriber {
  /** Takes a run at the tail if it can now; else it catches up from the journal. */
  offer(run: Run): void
  stateOutcome(): void
  /** The log's stream goes on as `stream`, with other numbers perhaps: the reader goes over to it. */
  move(stream: ReadableStream): void
  /** The writer's connection is away, for at most so long. */
  suspended(leftMs: number): void
  resumed(): void
  /** The log is gone. */
  close(error: BusError | undefined): void
}

/** What names a log towards its readers. */
export interface LogIdentity {
  readonly name: string
  readonly epoch: number
  readonly incarnation: Uint8Array
  /** The broker-wide alias under which its frames are stored and shared. */
  readonly alias: number
  /** One of `Urgency`: how its readers' connections serve it among others. Default: normal. */
  readonly urgency?: number
  readonly headers?: JsonObject | undefined
  /** Whether its writer may leave out what it had no room for. */
  readonly live?: boolean
  /** Names the writer's claim: the same in a later epoch, the same stream goes on under its old numbers. */
  readonly seq?: Uint8Array | undefined
}

export interface LogOptions {
  /** Numbers of the lanes' first chunks; below them there never was anything in this epoch. */
  readonly from: FirstNumbers
  /** First chunks of the messages that hold them: the rest of a message may be all that its writer still had. */
  readonly fromMessages: FirstNumbers
  /** Whether its frames name their publishers. */
  readonly hasOrigins: boolean
}

export interface LogEvents {
  /** Appends that were pending have settled. */
  drained(): void
  /** The journal refused what must not be lost. */
  failed(error: BusError): void
}

interface Tail {
  next: number
  message: number
}

interface Pending {
  settled: boolean
  readonly bytes: number
  apply: () => void
}

/**
 * One hosted stream's or topic's chunks and the readers at its tail: what is appended goes to the journal, and only
 * once it is there, the same bytes go to every reader.
 */
export class StreamLog implements ReadableLog {
  readonly identity: LogIdentity
  readonly from: FirstNumbers
  readonly fromMessages: FirstNumbers
  readonly hasOrigins: boolean
  readonly isSparse = false
  readonly #journal: Journal
  readonly #events: LogEvents
  readonly #readers = new Set<LogSubscriber>()
  readonly #main: Tail
  readonly #error: Tail
  readonly #pending: Pending[] = []
  #pendingBytes = 0
  #closed = false
  #outcome: Outcome | undefined

  constructor(
    components: { readonly journal: Journal; readonly events: LogEvents },
    identity: LogIdentity,
    options: LogOptions,
  ) {
    this.#journal = components.journal
    this.#events = components.events
    this.identity = identity
    this.from = options.from
    this.fromMessages = options.fromMessages
    this.hasOrigins = options.hasOrigins
    this.#main = tailOf(components.journal, Lane.main, this.from.main, this.fromMessages.main)
    this.#error = tailOf(components.journal, Lane.error, this.from.error, this.fromMessages.error)
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  get heldBytes(): number {
    return this.#journal.heldBytes
  }

  get readerCount(): number {
    return this.#readers.size
  }

  get readers(): Iterable<LogSubscriber> {
    return this.#readers
  }

  /** Bytes that the journal has not confirmed yet. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  add(reader: LogSubscriber): void {
    this.#readers.add(reader)
  }

  remove(reader: LogSubscriber): void {
    this.#readers.delete(reader)
  }

  /** The readers go on with another stream, which has the name now. */
  moveReaders(stream: ReadableStream): void {
    for (const reader of [...this.#readers]) reader.move(stream)
  }

  /** The number after the last chunk that readers may have. */
  next(lane: DataLane): number {
    return this.#tail(lane).next
  }

  /** First chunk of the message that holds `next`. */
  message(lane: DataLane): number {
    return this.#tail(lane).message
  }

  bounds(lane: DataLane): LaneBounds {
    const bounds = this.#journal.bounds(lane)
    // An empty journal does not know that its first chunk goes on with a message.
    return bounds.first < bounds.next ? bounds : { ...bounds, message: this.#tail(lane).message }
  }

  read(lane: DataLane, from: number, maxBytes: number): MaybePromise<readonly Run[]> {
    return this.#journal.read(lane, from, maxBytes)
  }

  /** Journals the runs, then gives them to the readers. A failure reaches `events.failed`. */
  append(runs: readonly LogRun[]): void {
    let bytes = 0
    for (const run of runs) bytes += run.bytes.length
    this.#inOrder(
      () => this.#journal.append(runs),
      bytes,
      () => this.#deliver(runs),
      (error) => this.#events.failed(error),
    )
  }

  /** Journals the outcome; `done` hears the one that holds, after everything that was appended before. */
  finish(outcome: Outcome, done: (outcome: Outcome) => void): void {
    const finished = () => {
      this.#outcome = this.#journal.outcome ?? outcome
      done(this.#outcome)
      for (const reader of this.#readers) reader.stateOutcome()
    }
    this.#inOrder(
      () => {
        const answer = this.#journal.finish(outcome)
        if (isPending(answer)) return answer.then(() => {})
      },
      0,
      finished,
      // A journal that cannot keep the outcome must not leave the readers without one.
      (error) => {
        this.#events.failed(error)
        finished()
      },
    )
  }

  /** Lets go of the journal and the readers, who are told the error if there is one. */
  close(error: BusError | undefined): void {
    this.#closed = true
    for (const reader of [...this.#readers]) reader.close(error)
    this.#journal.close()
  }

  /** Applies answers in the order of their calls, at once where the journal answers at once. */
  #inOrder(call: () => MaybePromise<void>, bytes: number, apply: () => void, onError: (error: BusError) => void): void {
    let answer: MaybePromise<void>
    try {
      answer = call()
    } catch (error) {
      onError(asBusError(error))
      return
    }
    if (!isPending(answer) && this.#pending.length === 0) {
      apply()
      return
    }
    const pending: Pending = { settled: !isPending(answer), bytes, apply }
    this.#pending.push(pending)
    this.#pendingBytes += bytes
    if (!isPending(answer)) return
    const settle = () => {
      pending.settled = true
      this.#applySettled()
    }
    answer.then(settle, (error: unknown) => {
      pending.apply = () => onError(asBusError(error))
      settle()
    })
  }

  /** Nobody was told of what the journal has not answered for by the time it is closed. */
  #applySettled(): void {
    if (this.#closed) return
    for (let head = this.#pending[0]; head?.settled === true; head = this.#pending[0]) {
      this.#pending.shift()
      this.#pendingBytes -= head.bytes
      head.apply()
    }
    if (this.#pending.length === 0) this.#events.drained()
  }

  #deliver(runs: readonly LogRun[]): void {
    for (const run of runs) {
      const tail = this.#tail(run.lane)
      tail.next = run.first + run.count
      tail.message = run.messageAfter
    }
    for (const run of runs) for (const reader of this.#readers) reader.offer(run)
  }

  #tail(lane: DataLane): Tail {
    return lane === Lane.main ? this.#main : this.#error
  }
}

function tailOf(journal: Journal, lane: DataLane, from: number, fromMessage: number): Tail {
  const { next } = journal.bounds(lane)
  return { next, message: next === from ? fromMessage : next }
}
