import type { Clock } from "@luxbus/clock"
import {
  BusError,
  type DataLane,
  type Fields,
  HopFlag,
  type JsonObject,
  Lane,
  type MessageReader,
  type Outcome,
  StreamKind,
  sameBytes,
} from "@luxbus/packet"
import type { Carrier, FrameOutput, StreamEnd } from "./carrier.ts"
import { fitOutcome } from "./fit-outcome.ts"
import { LaneSenders } from "./lane-senders.ts"
import { RepeatTimer } from "./repeat-timer.ts"
import { ResumeWindow } from "./resume-window.ts"
import { SendBudget } from "./send-budget.ts"
import { startFields, startHop, startIds } from "./start-fields.ts"
import { StopRequest } from "./stop-request.ts"
import { parseVerdict, type Verdict } from "./verdict.ts"
import type { WriterComponents, WriterEvents, WriterOptions, WriterState } from "./writer-contract.ts"

/**
 * The writing end of one stream: numbers and keeps chunks of two lanes, sends them within the reader's credit,
 * repeats what was lost and states the outcome until the reader has taken it all.
 *
 * Ordering: each lane in the order of `write`; the lanes do not wait for each other. Loss: none while the writer
 * lives and the window holds, but for the gaps that a live stream tells of. Backpressure: `write` returns false when a
 * lane's memory is full (main `WRITER_LIMITS.sendMemoryBytes`, error `WRITER_LIMITS.errorMemoryBytes`), or what its {@link SendBudget}
 * has left; a live stream's never is.
 */
export class StreamWriter implements StreamEnd {
  readonly #events: WriterEvents
  readonly #options: WriterOptions
  readonly #lanes: LaneSenders
  /** Repeats the START until `open`, then the outcome until `complete`. */
  readonly #repeat: RepeatTimer
  readonly #window: ResumeWindow
  readonly #stop: StopRequest
  readonly #clock: Clock
  readonly #deadlineAtMs: number | undefined
  /** STARTs on this connection that were not answered by "wait". */
  #unansweredStarts = 0
  #mayHaveBegun = false
  #state: WriterState = "opening"
  #carrier: Carrier | undefined
  #address = 0
  #epoch: number
  #ids: ReturnType<typeof startIds> | undefined
  #incarnation: Uint8Array | undefined
  /** The host that knew nothing of it any more; until another has taken it. */
  #forgottenBy: { readonly epoch: number; readonly incarnation: Uint8Array | undefined } | undefined
  /** Whether the reader has answered on this attachment: only then it is known where to go on. */
  #accepted = false
  #everOpened = false
  /** The reader is not there: nothing is sent early, as nobody would keep it. */
  #readerAbsent = false
  #outcome: Outcome | undefined
  #outcomeDue = false
  #failure: BusError | undefined

  constructor(components: WriterComponents, options: WriterOptions) {
    const { clock, createHash, events, budget = new SendBudget() } = components
    this.#events = events
    this.#options = options
    this.#clock = clock
    this.#deadlineAtMs = options.deadlineMs === undefined ? undefined : clock.now() + options.deadlineMs
    this.#epoch = options.epoch
    const { live } = options
    const wakeControl = () => this.#wake(Lane.control)
    const room = (lane: DataLane) => this.#events.room(lane)
    this.#lanes = new LaneSenders({ clock, createHash, budget, wakeControl, room, live })
    this.#stop = new StopRequest(clock, options, (reason) => this.#events.cancelled(reason))
    this.#repeat = new RepeatTimer(clock, () => this.#repeatStatement())
    this.#window = new ResumeWindow(clock, options.windowMs, {
      suspended: (leftMs) => this.#events.notice({ type: "suspended", leftMs }),
      expired: () => this.abandon(new BusError("peer_lost", "The peer did not come back within its window.")),
    })
  }

  get name(): string {
    return this.#options.name
  }

  /** Whether a peer reads it, and no host. */
  get isRelayed(): boolean {
    return this.#options.kind === StreamKind.relayed
  }

  /** The peer's client id; undefined for a hosted stream, and for one to any provider of a channel. */
  get to(): string | undefined {
    return this.#options.to
  }

  /**
   * Whether the reader may have taken the stream: not while its START has not gone out, or each that did was answered by
   * "wait".
   */
  get mayHaveBegun(): boolean {
    return this.#mayHaveBegun || this.#unansweredStarts > 0
  }

  get state(): WriterState {
    return this.#state
  }

  /** Why the stream failed; only in state `failed`. */
  get error(): BusError | undefined {
    return this.#failure
  }

  get epoch(): number {
    return this.#epoch
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  /** Whether a connection on the way is away. */
  get suspended(): boolean {
    return this.#window.suspended
  }

  /** Bytes of data that were sent more than once, over both lanes. */
  get repeatedBytes(): number {
    return this.#lanes.repeatedBytes
  }

  /** Bytes of data that a live stream dropped before they were sent, over both lanes. */
  get droppedBytes(): number {
    return this.#lanes.droppedBytes
  }

  /** Cost of all chunks that are held, over both lanes. */
  get heldCost(): number {
    return this.#lanes.heldCost
  }

  /** Whether chunks of a lane wait for the reader's credit. */
  blocked(lane: DataLane): boolean {
    return this.#lanes.of(lane).chunks.blocked
  }

  /** Whether every chunk of a lane that was written has reached the reader. */
  acknowledged(lane: DataLane): boolean {
    return this.#state !== "failed" && this.#lanes.of(lane).chunks.acknowledged
  }

  /** Whether a lane's memory takes another chunk; if not, wait for `events.room`. */
  hasRoom(lane: DataLane): boolean {
    return !this.#writable || this.#lanes.of(lane).hasRoom()
  }

  /**
   * Writes one chunk of at most `maxChunkBytes(lane)` bytes. The bytes are kept, not copied.
   * @returns whether the lane has room for another; if not, wait for `events.room`
   * @throws BusError `invalid_state` (`details.state`) after `finish` or once the stream or lane is over; `too_large`
   */
  write(lane: DataLane, data: Uint8Array, flags: number): boolean {
    if (!this.#writable) {
      throw new BusError("invalid_state", `The stream is ${this.#state}.`, { details: { state: this.#state } })
    }
    const hasRoom = this.#lanes.of(lane).append(data, flags)
    this.#wake(lane)
    return hasRoom
  }

  /** Ends one lane; the other goes on. */
  end(lane: DataLane): void {
    if (!this.#writable) return
    this.#lanes.of(lane).end()
    this.#wake(lane)
  }

  /**
   * Ends both lanes and states the outcome. The first outcome wins; later calls do nothing. Texts that do not fit
   * into one control frame (4 KiB) are shortened.
   */
  finish(outcome: Omit<Outcome, "main" | "error">): void {
    if (!this.#writable) return
    const { main, error } = this.#lanes
    this.#lanes.end()
    this.#outcome = fitOutcome({ ...outcome, main: main.chunks.next, error: error.chunks.next })
    this.#state = "ending"
    this.#outcomeDue = true
    this.#wake(Lane.main)
    this.#wake(Lane.error)
    this.#wake(Lane.control)
  }

  /** Gives the stream up without an outcome: tells the other side, lets go of everything. */
  abandon(error: BusError): void {
    if (this.#over) return
    const carrier = this.#carrier
    this.#carrier = undefined
    carrier?.reset(this.#address, error)
    this.#fail(error)
  }

  /** Puts the stream on a connection: announces it, or resumes it where its reader says. */
  attach(carrier: Carrier): void {
    if (this.#over) return
    this.#carrier?.release(this.#address)
    this.detach()
    this.#carrier = carrier
    this.#address = carrier.allocate(this)
    this.#readerAbsent = false
    this.#announce()
  }

  detach(): void {
    if (this.#carrier === undefined) return
    this.#carrier = undefined
    this.#mayHaveBegun ||= this.#unansweredStarts > 0
    this.#unansweredStarts = 0
    this.#repeat.stop()
    this.#suspend()
    this.#stop.readerBack()
  }

  reset(error: BusError): void {
    this.#carrier = undefined
    this.#fail(error)
  }

  /** The reader was put on another connection: it must be told again where the stream is, and tells where it stands. */
  restart(): void {
    if (this.#carrier === undefined || this.#over) return
    this.#readerAbsent = false
    this.#repeat.stop()
    this.#announce()
  }

  frame(_frame: MessageReader): void {
    throw new BusError("protocol", "A reader sends no chunks on the stream that it reads.")
  }

  endRun(): void {}

  control(fields: Fields, _hop: number): void {
    if (this.#over) return
    if (fields.verdict !== undefined) {
      this.#judge(parseVerdict(fields.verdict))
      return
    }
    if (fields.cancel !== undefined) {
      this.#cancelled(fields.cancel)
      return
    }
    if (fields.suspended !== undefined) this.#suspend(fields.suspended)
    if (fields.open) this.#opened(fields)
    if (fields.lane !== undefined) this.#takeStatement(fields.lane, fields)
    if (fields.complete) this.#completed()
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (this.#over || !this.#flowing) return false
    if (lane !== Lane.control) return this.#lanes.of(lane).pull(output, this.#accepted)
    this.#lanes.writeStatements(output)
    if (this.#outcomeDue && this.#outcome !== undefined) {
      this.#outcomeDue = false
      output.control(HopFlag.ackNow, { outcome: this.#outcome })
      this.#repeat.start()
    }
    return false
  }

  get #over(): boolean {
    return this.#state === "complete" || this.#state === "failed"
  }

  /** Whether anything but the START may travel: the reader has answered, or it is all early. */
  get #flowing(): boolean {
    return this.#accepted || (!this.#everOpened && !this.#readerAbsent)
  }

  /** Whether somebody reads it, and can be lost: who answers knows that its peer was there. */
  get #hasReader(): boolean {
    return this.#everOpened || this.#options.isAnswer === true
  }

  get #writable(): boolean {
    return this.#state === "opening" || this.#state === "open"
  }

  /** What is left of the deadline: at least 1, as 0 stands for none. */
  get #deadlineLeftMs(): number {
    return this.#deadlineAtMs === undefined ? 0 : Math.max(1, Math.ceil(this.#deadlineAtMs - this.#clock.now()))
  }

  #wake(lane: Lane): void {
    this.#carrier?.wake(this.#address, lane)
  }

  #wakeAll(): void {
    this.#wake(Lane.main)
    this.#wake(Lane.error)
    if (this.#outcomeDue) this.#wake(Lane.control)
  }

  #announce(): void {
    this.#pause()
    this.#lanes.rewind()
    const resume = this.#options.isAnswer === true || (this.#everOpened && this.#epoch !== 0)
    const fields = startFields(this.#options, { lanes: this.#lanes, resume, incarnation: this.#incarnation })
    this.#outcomeDue = this.#outcome !== undefined
    this.#ids ??= startIds(this.#options.name, this.#options.to)
    const header = { ...this.#ids, epoch: this.#epoch, hop: startHop(this.#options), deadlineMs: this.#deadlineLeftMs }
    this.#carrier?.start(this.#address, header, fields)
    if (this.#carrier !== undefined) this.#unansweredStarts++
    if (this.#flowing) this.#wakeAll()
    this.#repeat.start()
  }

  #opened(fields: Fields): void {
    const { epoch = this.#epoch, incarnation } = fields
    if (epoch !== this.#epoch && (this.#options.kind === StreamKind.relayed || epoch < this.#epoch)) {
      throw new BusError("protocol", "The reader took the stream in another epoch.", {
        details: { epoch, current: this.#epoch },
      })
    }
    if (this.#epoch === 0) this.#begin(epoch, incarnation)
    this.#epoch = epoch
    if (incarnation !== undefined) this.#incarnation = incarnation
    const wasSuspended = this.#window.resume()
    this.#stop.readerBack()
    this.#readerAbsent = false
    if (this.#accepted) return
    this.#accepted = true
    // An outcome that went early may have been lost with nobody to keep it.
    this.#repeat.answered(this.#outcome !== undefined)
    this.#wakeAll()
    if (this.#everOpened || wasSuspended) {
      this.#events.notice({ type: "resumed", repeatedBytes: this.repeatedBytes })
    }
    if (this.#everOpened) return
    this.#everOpened = true
    this.#mayHaveBegun = true
    if (this.#state === "opening") this.#state = "open"
    this.#events.notice({ type: "open", epoch: this.#epoch })
  }

  #judge(verdict: Verdict): void {
    if (verdict.verdict === "wait") this.#wait()
    else if (verdict.verdict === "retry") this.restart()
    else if (verdict.verdict === "unknown") this.#forgotten()
    else {
      const details = { current: verdict.current }
      this.#fail(new BusError("fenced", "Another writer has claimed this stream.", { details }))
    }
  }

  /** Nobody reads yet, or the reader is away. The START goes on being repeated, ever more slowly. */
  #wait(): void {
    if (this.#hasReader) {
      this.#suspend()
      return
    }
    this.#unansweredStarts = Math.max(0, this.#unansweredStarts - 1)
    const isNews = !this.#readerAbsent
    this.#readerAbsent = true
    this.#pause()
    if (isNews) this.#events.notice({ type: "waiting" })
  }

  /** The reader knows nothing of it: a restarted host takes it anew, from what is still held; a peer has lost it. */
  #forgotten(): void {
    const { kind, name } = this.#options
    if (kind === StreamKind.relayed) {
      const code = this.#everOpened ? "peer_lost" : "unknown_stream"
      this.#fail(new BusError(code, `The peer knows nothing of the stream "${name}".`))
      return
    }
    // A resumption that was repeated is answered as often: it begins anew already.
    if (this.#epoch === 0) return
    this.#forgottenBy = { epoch: this.#epoch, incarnation: this.#incarnation }
    this.#epoch = 0
    this.#incarnation = undefined
    this.#lanes.restart()
    this.#announce()
  }

  /** The host of before may take it after all, where another had asked for it in vain: then nothing has begun anew. */
  #begin(epoch: number, incarnation: Uint8Array | undefined): void {
    const before = this.#forgottenBy
    this.#forgottenBy = undefined
    if (before?.epoch !== epoch || before.incarnation === undefined || incarnation === undefined) return
    if (sameBytes(incarnation, before.incarnation)) this.#lanes.goBack()
  }

  /** A connection on the way is away: nothing is sent into the void; the START is repeated if this side has one. */
  #suspend(leftMs?: number): void {
    this.#pause()
    if (!this.#hasReader || this.#over) return
    if (this.#carrier !== undefined) this.#repeat.start()
    this.#window.suspend(leftMs)
    this.#stop.readerAway()
  }

  #pause(): void {
    this.#accepted = false
    this.#lanes.pause()
  }

  #takeStatement(lane: DataLane, statement: Fields): void {
    const sender = this.#lanes.of(lane)
    sender.state(statement)
    if (sender.chunks.ready) this.#wake(lane)
  }

  #cancelled(cancel: JsonObject): void {
    const { code, message = "The reader refused the stream.", reason } = cancel
    if (code !== undefined) this.#fail(BusError.fromJSON({ code, message }))
    else this.#stop.make(typeof reason === "string" ? reason : undefined)
  }

  #completed(): void {
    if (this.#outcome === undefined || !this.#lanes.sentWhole) {
      throw new BusError("protocol", "Complete before everything was sent.")
    }
    this.#state = "complete"
    this.#letGo()
    this.#events.complete()
  }

  #fail(error: BusError): void {
    if (this.#over) return
    this.#state = "failed"
    this.#failure = error
    this.#letGo()
    this.#events.failed(error)
  }

  #letGo(): void {
    this.#lanes.release()
    this.#repeat.stop()
    this.#window.stop()
    this.#stop.readerBack()
    this.#carrier?.release(this.#address)
    this.#carrier = undefined
  }

  #repeatStatement(): void {
    if (!this.#accepted) {
      this.#announce()
      return
    }
    this.#outcomeDue = this.#outcome !== undefined
    this.#wake(Lane.control)
  }
}
