import {
  BusError,
  type DataLane,
  type Fields,
  HopFlag,
  Lane,
  LIMITS,
  type MessageReader,
  type Outcome,
  parseOutcome,
  sameBytes,
} from "@luxbus/packet"
import { Acknowledger } from "./acknowledger.ts"
import { CancelRequest } from "./cancel-request.ts"
import type { Carrier, FrameOutput, StreamEnd } from "./carrier.ts"
import { parseGap } from "./gap-statement.ts"
import type { LaneItem } from "./lane-item.ts"
import type { ReadInterest } from "./read-interest.ts"
import type { ReaderComponents, ReaderEvents, ReaderOptions } from "./reader-contract.ts"
import { ReceiveLane } from "./receive-lane.ts"
import { ResumeWindow } from "./resume-window.ts"

/**
 * The reading end of one stream: orders, acknowledges and grants; asks for what is missing; checks digests; knows the
 * one outcome. `complete` is stated only when the application has taken everything.
 *
 * Ordering: each lane in its order, once, with holes only where a gap says so. Backpressure: what is not taken is not
 * granted; a peer's lane that the application does not read is drained while it reads the other or awaits the outcome.
 */
export class StreamReader implements StreamEnd {
  readonly #events: ReaderEvents
  readonly #options: ReaderOptions
  readonly #main: ReceiveLane
  readonly #error: ReceiveLane
  readonly #interest: ReadInterest | undefined
  readonly #acks: Acknowledger
  readonly #window: ResumeWindow
  readonly #cancel: CancelRequest
  #carrier: Carrier | undefined
  #address = 0
  #epoch = 0
  #incarnation: Uint8Array | undefined
  #openDue = false
  #completeDue = false
  #completed = false
  #closed = false
  /** What the writer stated; reported once the data that it names has arrived. */
  #stated: Outcome | undefined
  #outcome: Outcome | undefined
  #failure: BusError | undefined
  #runLane: DataLane | undefined
  /** Whether it was on a connection before this one. */
  #attachedBefore = false

  constructor(components: ReaderComponents, options: ReaderOptions) {
    const { clock, createHash, events } = components
    this.#events = events
    this.#options = options
    const { source, main = 0, error = 0, mainMessage, errorMessage } = options
    this.#main = new ReceiveLane(Lane.main, createHash, { source, first: main, message: mainMessage })
    this.#error = new ReceiveLane(Lane.error, createHash, { source, first: error, message: errorMessage })
    this.#interest = source.interest(clock, () => this.#drainUnread())
    const lanes = { main: this.#main, error: this.#error }
    this.#acks = new Acknowledger(clock, lanes, source, {
      wake: () => this.#wake(),
      gaveUp: (failure) => source.gaveUp?.(this, failure),
    })
    this.#window = new ResumeWindow(clock, options.windowMs, {
      suspended: (leftMs) => this.#events.notice({ type: "suspended", leftMs }),
      expired: () => this.#expire(),
    })
    this.#cancel = new CancelRequest(clock, () => this.#wake())
  }

  /** Why there will be no outcome of the writer's, if so. */
  get error(): BusError | undefined {
    return this.#failure
  }

  get epoch(): number {
    return this.#epoch
  }

  get incarnation(): Uint8Array | undefined {
    return this.#incarnation
  }

  /** Whether numbers grow, but not by one: those of a gap do not say how much is missing. */
  get isSparse(): boolean {
    return this.#options.source.isSparse === true
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  get suspended(): boolean {
    return this.#window.suspended
  }

  /** Whether the application has taken everything; the writer is told so, and again whenever it asks. */
  get completed(): boolean {
    return this.#completed
  }

  /** The receiving end of one lane. */
  lane(lane: DataLane): ReceiveLane {
    return lane === Lane.main ? this.#main : this.#error
  }

  /** The position to state on a resume: what this reader has, by lane. */
  get position(): { readonly main: number; readonly error: number } {
    return { main: this.#main.cum, error: this.#error.cum }
  }

  /**
   * Takes the stream on a connection and tells its writer where this reader stands. Again and again without harm.
   * @throws BusError `fenced` for an epoch below the one known; `closed` after `close`; what it failed with
   */
  attach(carrier: Carrier, address: number, epoch: number, incarnation?: Uint8Array): void {
    this.#assertAttachable(epoch, incarnation)
    const again = carrier === this.#carrier && address === this.#address
    if (!again) {
      if (this.#carrier !== undefined) this.#attachedBefore = true
      this.#carrier?.release(this.#address)
      carrier.bind(address, this)
    }
    this.#carrier = carrier
    this.#address = address
    this.#epoch = epoch
    this.#incarnation = incarnation
    for (const lane of [this.#main, this.#error]) {
      if (!this.#options.source.isPeer && !again) lane.restartCredit()
      lane.renewNow()
    }
    this.#openDue = true
    this.#cancel.state()
    this.#completeDue = this.#completed
    this.#wake()
    // The writer sends anew what this side lacks: what was asked for, and that there was no room, is of before.
    this.#acks.pause()
    this.#resumed()
  }

  detach(): void {
    if (this.#carrier === undefined) return
    this.#carrier = undefined
    this.#attachedBefore = true
    this.#acks.stop()
    this.#cancel.pause()
    this.#suspend()
  }

  /** The peer has begun, as it has taken what this side wrote: its START must come within the window. */
  awaitStart(): void {
    if (this.#carrier === undefined) this.#suspend()
  }

  /** Lets go: the handle was closed. A writer that still has something to say to it is told. */
  close(): void {
    const carrier = this.#carrier
    const { taken } = this.#acks
    this.#closed = true
    if (taken !== undefined) carrier?.control(this.#address, 0, { lane: Lane.main, taken })
    if (carrier !== undefined && !this.#completed) {
      this.#carrier = undefined
      carrier.reset(this.#address, new BusError("closed", "The reader closed the stream."))
    } else if (this.#completeDue) {
      carrier?.control(this.#address, 0, { complete: true })
    }
    this.#letGo()
  }

  reset(error: BusError): void {
    this.#carrier = undefined
    this.#fail(error)
  }

  /** Refuses the stream: the writer fails with `error`'s code. */
  refuse(error: BusError): void {
    const carrier = this.#carrier
    this.#carrier = undefined
    carrier?.reset(this.#address, error)
    this.#fail(error)
  }

  /** Asks the writer to stop; repeated until there is an outcome. A long reason is shortened. */
  cancel(reason?: string): void {
    if (this.#stated === undefined && !this.#isOver) this.#cancel.make(reason)
  }

  /** The application takes the lane's next item; credit, acknowledgement and `complete` follow. */
  take(lane: DataLane): LaneItem | undefined {
    this.touch(lane)
    const receiveLane = this.lane(lane)
    const item = receiveLane.take()
    if (item === undefined) return undefined
    this.#grant(lane)
    this.#checkComplete()
    return item
  }

  /** The application has done with all of main below `number`, for a writer that gives to others what was not. */
  acknowledge(number: number): void {
    this.#acks.take(number)
  }

  /** The application reads this lane: it is no longer drained for the other's sake, the other may be. */
  touch(lane: DataLane): void {
    this.#interest?.read(lane)
  }

  /** The application has stopped reading this lane: it is drained again while the other, or the outcome, is awaited. */
  leave(lane: DataLane): void {
    this.#interest?.leave(lane)
  }

  /** The application waits for the outcome: lanes that it does not read are drained. */
  awaitOutcome(): void {
    this.#interest?.awaitOutcome()
  }

  frame(frame: MessageReader): void {
    const lane = frame.lane as DataLane
    this.#runLane = lane
    if (this.lane(lane).receive(frame) === "nothing") this.#grant(lane)
    if ((frame.hop & HopFlag.ackNow) !== 0) this.#acks.soon(lane)
  }

  endRun(): void {
    const lane = this.#runLane
    if (lane === undefined) return
    this.#runLane = undefined
    this.#acks.lookForHoles(lane)
    if (this.lane(lane).ended) this.#acks.soon(lane)
    else if (this.#options.source.isPeer) this.#acks.later(lane)
    this.#changed(lane)
  }

  control(fields: Fields, hop: number): void {
    if (this.#failure !== undefined) return
    const { lane, cancel } = fields
    if (cancel !== undefined) {
      this.#fail(BusError.fromJSON({ message: "The writer gave the stream up.", ...cancel }))
      return
    }
    if (fields.suspended !== undefined) this.#suspend(fields.suspended)
    if (fields.resumed) {
      this.#resumed()
      this.#acks.lookForHoles(Lane.main)
      this.#acks.lookForHoles(Lane.error)
    }
    if (lane !== undefined) this.#takeStatement(lane, fields, hop)
    if (fields.outcome !== undefined) this.#settle(parseOutcome(fields.outcome))
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane !== Lane.control) return false
    if (this.#openDue) this.#writeOpen(output)
    this.#acks.write(output)
    this.#cancel.write(output)
    if (this.#completeDue) {
      this.#completeDue = false
      output.control(0, { complete: true })
    }
    return false
  }

  get #isOver(): boolean {
    return this.#outcome !== undefined || this.#failure !== undefined || this.#closed
  }

  /** Epochs are compared within an incarnation: a host that began anew may count from below. */
  #assertAttachable(epoch: number, incarnation: Uint8Array | undefined): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed && !this.#completed) throw new BusError("closed", "The reader closed the stream.")
    const known = this.#incarnation
    if (epoch >= this.#epoch || (known && incarnation && !sameBytes(known, incarnation))) return
    throw new BusError("fenced", `Epoch ${epoch} is over; the stream is at ${this.#epoch}.`, {
      details: { current: this.#epoch },
    })
  }

  #takeStatement(lane: DataLane, fields: Fields, hop: number): void {
    const { next, hole } = fields
    if (fields.gap !== undefined) this.#gap(lane, fields)
    if (next !== undefined) {
      this.lane(lane).stateNext(next)
      this.#acks.lookForHoles(lane)
    }
    if (hole !== undefined) this.#acks.holeDeclared(lane, hole)
    if ((hop & HopFlag.ackNow) !== 0) this.#acks.soon(lane)
  }

  #gap(lane: DataLane, fields: Fields): void {
    const { at, ...gap } = parseGap(fields)
    // A reader that goes on in another epoch has lost nothing below the gap; one that is new there has.
    this.lane(lane).skip(gap, at, gap.reason === "epoch" && !this.#attachedBefore)
    this.#acks.lookForHoles(lane)
    this.#grant(lane)
    this.#changed(lane)
  }

  /** Something can be taken from the lane that could not be before. */
  #changed(lane: DataLane): void {
    this.#drainUnread()
    this.#events.readable(lane)
    this.#report()
  }

  #grant(lane: DataLane): void {
    if (this.lane(lane).renew()) this.#acks.soon(lane)
  }

  #settle(outcome: Outcome): void {
    this.#cancel.withdraw()
    if (this.#completed) {
      this.#completeDue = true
      this.#wake()
      return
    }
    const { main, error } = this.#stated ?? this.position
    if (!this.#options.source.isPeer && (outcome.main < main || outcome.error < error)) {
      this.refuse(new BusError("expired", "The stream has ended where it is read now, before what was read elsewhere."))
      return
    }
    this.#main.stateFinal(outcome.main)
    this.#error.stateFinal(outcome.error)
    this.#stated = outcome
    this.#report()
  }

  /** Reports the outcome once it may be: a host has everything, of a peer's stream everything must have arrived. */
  #report(): void {
    const stated = this.#stated
    if (stated === undefined || this.#isOver) {
      this.#checkComplete()
      return
    }
    const arrived = this.#main.cum >= stated.main && this.#error.cum >= stated.error
    if (!arrived && this.#options.source.isPeer) return
    this.#outcome = stated
    this.#window.stop()
    // First: who closes the reader from within `outcome` must not reset a writer whose stream is complete.
    this.#checkComplete()
    this.#events.outcome(stated)
  }

  #checkComplete(): void {
    const outcome = this.#outcome
    if (outcome === undefined || this.#completed || this.#failure !== undefined || this.#closed) return
    if (!this.#takenWhole(this.#main, outcome.main) || !this.#takenWhole(this.#error, outcome.error)) return
    this.#completed = true
    this.#completeDue = true
    this.#wake()
    this.#events.completed?.()
  }

  #takenWhole(lane: ReceiveLane, final: number): boolean {
    return lane.cum >= final && (!lane.hasUntaken || this.#interest?.isDrained(lane.lane) === true)
  }

  #drainUnread(): void {
    for (const lane of [this.#main, this.#error]) {
      if (!this.#interest?.isDrained(lane.lane)) continue
      lane.drain(LIMITS.drainedTailBytes)
      this.#grant(lane.lane)
    }
    this.#checkComplete()
  }

  #suspend(leftMs?: number): void {
    this.#acks.pause()
    if (!this.#isOver) this.#window.suspend(leftMs)
  }

  #resumed(): void {
    this.#acks.resume()
    if (this.#window.resume()) this.#events.notice({ type: "resumed", repeatedBytes: 0 })
  }

  #wake(): void {
    this.#carrier?.wake(this.#address, Lane.control)
  }

  /** The writer never came back: that is the outcome here, whatever it would have said. */
  #expire(): void {
    this.#outcome = { status: "expired", ...this.position }
    this.#failure = new BusError("expired", "The writer did not come back within its window.")
    this.#letGo()
    this.#events.outcome(this.#outcome)
    this.#events.failed(this.#failure)
  }

  #fail(error: BusError): void {
    if (this.#failure !== undefined || this.#closed) return
    this.#letGo()
    // A peer's outcome is known only once everything has arrived: what happens to the connection then takes nothing.
    if (this.#completed || (this.#outcome !== undefined && this.#options.source.isPeer)) return
    this.#failure = error
    this.#events.failed(error)
  }

  #letGo(): void {
    this.#acks.stop()
    this.#cancel.withdraw()
    this.#window.stop()
    this.#carrier?.release(this.#address)
    this.#carrier = undefined
  }

  #writeOpen(output: FrameOutput): void {
    this.#openDue = false
    const incarnation = this.#incarnation
    output.control(0, { open: true, epoch: this.#epoch, ...(incarnation !== undefined && { incarnation }) })
    this.#acks.soon(Lane.main)
    this.#acks.soon(Lane.error)
  }
}
