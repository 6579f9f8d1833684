import {
  Duplex,
  type DuplexState,
  type Gap,
  type ReaderEvents,
  type StreamReader,
  type StreamWriter,
  type WriterEvents,
} from "@luxbus/dual-stream"
import { BusError, type DataLane, type JsonObject, type Outcome, Lane as PacketLane } from "@luxbus/packet"
import type { Assembly } from "./assembly.ts"
import { deferred } from "./deferred.ts"
import { Lane } from "./lane.ts"
import { type NoticeListener, Notices } from "./notices.ts"
import { OutcomePromise } from "./outcome-promise.ts"
import { ReadableLane } from "./readable-lane.ts"
import { WritableLane } from "./writable-lane.ts"

/** Who opened a stream. */
export type Direction = "inbound" | "outbound"

/** What a stream that is written ends with, beside `done`. */
export interface Failure {
  /** Default `error`. */
  readonly status?: "error" | "cancelled"
  readonly code?: string
  readonly message?: string
  readonly reason?: string
  readonly exitCode?: number
  readonly signal?: string
}

/** How a stream is made: what the bus gives it. */
export interface BusStreamParts {
  readonly name: string
  readonly peer: string | undefined
  readonly direction: Direction
  readonly headers: JsonObject
  readonly assembly: Assembly
  readonly live: boolean
  /** Whether it is a request, of which this side is to write the answer: who gives up asking wants none. */
  readonly isRequest?: boolean
  /** Of a request: until when the opener waits for the answer, by this side's clock. */
  readonly deadlineAtMs?: number | undefined
  readonly onNotice: NoticeListener | undefined
  readonly makeWriter: (events: WriterEvents) => StreamWriter
  /** The peer's half; absent for a hosted stream. */
  readonly makeReader?: (events: ReaderEvents) => StreamReader
  /** Takes the stream off the session. */
  readonly release: (stream: BusStream) => void
}

/**
 * A stream that this side writes: hosted by the broker, or a duplex with a peer. Main and error lanes do not wait for
 * each other. It ends with exactly one outcome: `end`, `fail`, or whatever took it away.
 */
export class BusStream implements AsyncDisposable {
  readonly name: string
  readonly direction: Direction
  readonly headers: JsonObject
  /** Whether who opened it writes a live stream: one with gaps where its reader was too slow. */
  readonly live: boolean
  /** Of a request: until when its opener waits for the answer, by this side's clock. */
  readonly deadlineAtMs: number | undefined
  readonly main: Lane
  readonly error: Lane
  /**
   * Aborts when a reader asked to stop, or nobody read for as long as `onAbandon` says, with a BusError `cancelled` as its
   * reason. A lost connection does not abort it.
   */
  readonly signal: AbortSignal
  /** The peer's outcome; of a hosted stream, this side's own once the broker has it all. */
  readonly outcome: Promise<Outcome>
  /** The protocol's ends of this stream, for the bus. */
  readonly writer: StreamWriter
  readonly reader: StreamReader | undefined
  #peer: string | undefined
  readonly #notices: Notices
  readonly #abort = new AbortController()
  readonly #opened = deferred<void>()
  readonly #complete = deferred<void>()
  readonly #outcome = deferred<Outcome>()
  readonly #writeLanes: { readonly main: WritableLane; readonly error: WritableLane }
  readonly #readLanes: { readonly main: ReadableLane; readonly error: ReadableLane } | undefined
  readonly #release: (stream: BusStream) => void
  readonly #isRequest: boolean
  #released = false

  constructor(parts: BusStreamParts) {
    this.name = parts.name
    this.#peer = parts.peer
    this.deadlineAtMs = parts.deadlineAtMs
    this.direction = parts.direction
    this.headers = parts.headers
    this.live = parts.live
    this.signal = this.#abort.signal
    this.#notices = new Notices(parts.onNotice)
    this.#release = parts.release
    this.#isRequest = parts.isRequest ?? false
    this.writer = parts.makeWriter(this.#writerEvents())
    this.#writeLanes = {
      main: new WritableLane(PacketLane.main, this.writer),
      error: new WritableLane(PacketLane.error, this.writer),
    }
    const onGap = (gap: Gap) => this.#notices.tell(gap)
    if (parts.makeReader !== undefined) {
      this.reader = parts.makeReader(this.#readerEvents())
      this.#readLanes = {
        main: new ReadableLane(PacketLane.main, onGap),
        error: new ReadableLane(PacketLane.error, onGap),
      }
      this.#readLanes.main.bind(this.reader, parts.assembly)
      this.#readLanes.error.bind(this.reader, parts.assembly)
    }
    this.main = new Lane(this.#writeLanes.main, this.#readLanes?.main)
    this.error = new Lane(this.#writeLanes.error, this.#readLanes?.error)
    this.outcome = new OutcomePromise(this.#outcome.promise, () => this.reader?.awaitOutcome())
  }

  /** The other client's id; undefined for a hosted stream, and for a request that nobody has answered yet. */
  get peer(): string | undefined {
    return this.#peer
  }

  /** The broker has chosen who answers. */
  answeredBy(peer: string): void {
    this.#peer = peer
  }

  /** `opening → open → half-closed → closed`, or `error`; `suspended` lies over any while a connection is away. */
  get state(): DuplexState {
    if (this.reader !== undefined) return new Duplex(this.writer, this.reader).state
    const { state, suspended, error } = this.writer
    if (error !== undefined) return { name: "error", code: error.code, suspended }
    if (state === "opening") return { name: "opening", suspended }
    return { name: state === "open" ? "open" : "closed", suspended }
  }

  /** Resolves when the broker, or the peer, took the stream. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Bytes that were sent more than once, because a connection was lost. */
  get repeatedBytes(): number {
    return this.writer.repeatedBytes
  }

  /** Bytes of data that a live stream dropped before they were sent, over both lanes. */
  get droppedBytes(): number {
    return this.writer.droppedBytes
  }

  /** Ends with outcome `done`. Resolves when the other side has taken everything. */
  end(): Promise<void> {
    return this.#finish({ status: "done" })
  }

  /** Ends with outcome `error`, or `cancelled`. What was written before still arrives. Resolves as `end` does. */
  fail(failure: Failure | BusError): Promise<void> {
    if (failure instanceof BusError) {
      return this.#finish({ status: "error", code: failure.code, message: failure.message })
    }
    return this.#finish({ status: "error", ...failure })
  }

  /** Asks the peer to stop writing; its AbortSignal fires. Own writing goes on. */
  async cancel(reason?: string): Promise<void> {
    if (this.reader === undefined) {
      await this.fail({ status: "cancelled", ...(reason !== undefined && { reason }) })
      return
    }
    this.reader.cancel(reason)
  }

  /** @returns takes the listener away again */
  onNotice(listener: NoticeListener): () => void {
    return this.#notices.add(listener)
  }

  /** Gives the stream up where it has not ended: the other side hears `closed`. Idempotent. */
  async close(): Promise<void> {
    this.abandon(new BusError("closed", "The stream was closed."))
  }

  /** As `close`, for a reason of its own: both halves are reset with it. */
  abandon(error: BusError): void {
    if (error.code !== "closed") this.reader?.refuse(error)
    this.writer.abandon(error)
    this.#failed(error)
    for (const lane of this.#readLaneList) lane.close(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The stream is over for a reason that is no outcome of the peer's. */
  #failed(error: BusError): void {
    this.#opened.reject(error)
    this.#complete.reject(error)
    this.#outcome.reject(error)
    for (const lane of [this.#writeLanes.main, this.#writeLanes.error]) lane.fail(error)
    for (const lane of this.#readLaneList) lane.fail(error)
    if (this.writer.state !== "complete") this.#abort.abort(error)
    this.reader?.close()
    if (!this.#released) this.#leave()
  }

  async #finish(outcome: Omit<Outcome, "main" | "error">): Promise<void> {
    await Promise.all([this.#writeLanes.main.settled(), this.#writeLanes.error.settled()])
    this.writer.finish(outcome)
    await this.#complete.promise
  }

  #writerEvents(): WriterEvents {
    return {
      room: (lane: DataLane) => (lane === PacketLane.main ? this.#writeLanes.main : this.#writeLanes.error).changed(),
      notice: (notice) => {
        if (notice.type === "open") this.#opened.resolve()
        this.#notices.tell(notice)
      },
      cancelled: (reason) => {
        const error = new BusError("cancelled", reason ?? "A reader asked to stop.", {
          details: reason === undefined ? {} : { reason },
        })
        this.#abort.abort(error)
      },
      complete: () => {
        this.#opened.resolve()
        this.#complete.resolve()
        this.reader?.awaitStart()
        if (this.reader === undefined && this.writer.outcome !== undefined) this.#outcome.resolve(this.writer.outcome)
        this.#letGo()
      },
      failed: (error) => this.#failed(error),
    }
  }

  #readerEvents(): ReaderEvents {
    return {
      readable: (lane) => this.#readLane(lane)?.changed(),
      notice: (notice) => void this.#notices.tell(notice),
      outcome: (outcome) => {
        this.#outcome.resolve(outcome)
        this.#readLane(PacketLane.main)?.changed()
        this.#readLane(PacketLane.error)?.changed()
      },
      completed: () => this.#letGo(),
      failed: (error) => {
        if (this.reader?.outcome === undefined) this.#outcome.reject(error)
        for (const lane of this.#readLaneList) lane.fail(error)
        // Without its peer the other half would wait for ever where it was never taken.
        if (this.#isRequest || error.code === "expired" || error.code === "peer_lost") this.writer.abandon(error)
        this.#letGo()
      },
    }
  }

  get #readLaneList(): readonly ReadableLane[] {
    return this.#readLanes === undefined ? [] : [this.#readLanes.main, this.#readLanes.error]
  }

  #readLane(lane: DataLane): ReadableLane | undefined {
    return lane === PacketLane.main ? this.#readLanes?.main : this.#readLanes?.error
  }

  /** Leaves the session once both halves are over. */
  #letGo(): void {
    if (this.#released) return
    const { writer, reader } = this
    const writerOver = writer.state === "complete" || writer.state === "failed"
    const readerOver = reader === undefined || reader.completed || reader.error !== undefined
    if (writerOver && readerOver) this.#leave()
  }

  #leave(): void {
    this.#released = true
    this.#release(this)
  }
}
