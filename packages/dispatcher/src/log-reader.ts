import { type BrokerCarrier, type FrameOutput, type StreamEnd, startIds } from "@luxbus/dual-stream"
import {
  BusError,
  type DataLane,
  type Fields,
  type JsonObject,
  type JsonValue,
  Lane,
  type MessageReader,
  PacketKind,
  StreamKind,
  toHex,
  Urgency,
} from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"
import type { ReadableLog } from "./readable-log.ts"
import type { ReadableStream } from "./readable-stream.ts"
import { ReaderLane } from "./reader-lane.ts"
import type { From, Position } from "./start-position.ts"
import type { LogSubscriber } from "./stream-log.ts"
import { asBusError, isPending } from "./when-settled.ts"
import { writeRun } from "./write-run.ts"

/** Whose log is read. */
export interface ReaderOwner {
  /** The reader asks the writer to stop. @throws BusError `unsupported` where there is no writer */
  cancel(reason: string | undefined): void
  /** The log's stream goes on as another: the reader, which has left, goes on there, from where it stood. */
  moved(stream: ReadableStream, from: From): void
  /** The reader is gone: it completed, closed, was reset, or its connection is lost. */
  left(): void
}

/**
 * One attachment of a client to a log. At the **tail** it is offered the same bytes as every other reader. **Catching
 * up**, when the offer came too early for its connection or its credit, it is pulled, and served from the journal at its
 * own pace. It keeps a cursor and no chunk: the ring goes on without it, and a gap tells so.
 *
 * Never sends beyond the ceilings that the reader stated on this attachment.
 */
export class LogReader implements StreamEnd, LogSubscriber {
  readonly #log: ReadableLog
  readonly #owner: ReaderOwner
  readonly #carrier: BrokerCarrier
  readonly #address: number
  readonly #main: ReaderLane
  readonly #error: ReaderLane
  #outcomeDue = false
  /** To become idle for a run, a connection may pull from this very reader: nothing goes before that run. */
  #offering = false
  /** One bit per lane (1 << lane) that was pulled meanwhile. */
  #missedLanes = 0
  #gone = false

  /** Announces the stream on the connection. `request` is the number of the command that asked for it. */
  constructor(
    components: { readonly log: ReadableLog; readonly owner: ReaderOwner; readonly carrier: BrokerCarrier },
    request: number,
    position: Position,
  ) {
    const { log, owner, carrier } = components
    this.#log = log
    this.#owner = owner
    this.#carrier = carrier
    const { main, error } = position
    this.#main = new ReaderLane(Lane.main, main, log.bounds(Lane.main).first, log.from.main)
    this.#error = new ReaderLane(Lane.error, error, log.bounds(Lane.error).first, log.from.error)
    const { name, incarnation, headers, live, seq } = log.identity
    this.#address = this.#start({
      kind: StreamKind.delivery,
      type: log.hasOrigins ? PacketKind.event : undefined,
      name,
      request,
      incarnation,
      seq,
      headers,
      live: live === true || undefined,
      sparse: log.isSparse || undefined,
      mainFirst: main.next,
      errorFirst: error.next,
      mainMessage: main.message,
      errorMessage: error.message,
    })
    log.add(this)
    this.#wakeAll()
    if (log.outcome !== undefined) this.stateOutcome()
  }

  /** Takes a run at the tail, if it is there and its connection and credit can take it now. */
  offer(run: Run): void {
    const lane = this.#lane(run.lane)
    if (lane.next !== run.first) return
    if (this.#address !== this.#log.identity.alias || run.cost > lane.credit) {
      this.#carrier.wake(this.#address, run.lane)
      return
    }
    this.#offering = true
    const isTaken = this.#carrier.share(run.lane, run.bytes, run.cost)
    this.#offering = false
    if (isTaken) lane.sent(run.first + run.count, run.cost)
    else this.#carrier.wake(this.#address, run.lane)
    if (this.#missedLanes !== 0) this.#wakeMissed()
  }

  /** The stream has its outcome: it is stated, behind a gap if there is one. */
  stateOutcome(): void {
    this.#outcomeDue = true
    this.#carrier.wake(this.#address, Lane.control)
  }

  move(stream: ReadableStream): void {
    const { epoch, incarnation } = this.#log.identity
    const [main, error] = [this.#main.next, this.#error.next]
    this.close(undefined)
    this.#owner.moved(stream, { type: "cursor", epoch, incarnation: toHex(incarnation), main, error })
  }

  /** The writer's connection is away, for at most so long. */
  suspended(leftMs: number): void {
    this.#carrier.control(this.#address, 0, { suspended: leftMs })
  }

  resumed(): void {
    this.#carrier.control(this.#address, 0, { resumed: true })
  }

  /** Lets go of the reader, which is told the error if there is one. */
  close(error: BusError | undefined): void {
    if (this.#gone) return
    if (error === undefined) this.#carrier.release(this.#address)
    else this.#carrier.reset(this.#address, error)
    this.#leave()
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (this.#gone) return false
    if (this.#offering) {
      this.#missedLanes |= 1 << lane
      return false
    }
    if (lane !== Lane.control) return this.#serve(this.#lane(lane), output)
    this.#stateGap(this.#main, output)
    this.#stateGap(this.#error, output)
    if (this.#outcomeDue) {
      this.#outcomeDue = false
      output.control(0, { outcome: this.#log.outcome })
    }
    return false
  }

  frame(_frame: MessageReader): void {
    throw new BusError("protocol", "a reader sends no chunks on the stream that it reads")
  }

  endRun(): void {}

  control(fields: Fields): void {
    if (this.#gone) return
    if (fields.lane !== undefined && fields.credit !== undefined) this.#grant(this.#lane(fields.lane), fields.credit)
    if (fields.cancel !== undefined) this.#cancelled(fields.cancel)
    if (fields.complete) this.#completed()
  }

  reset(_error: BusError): void {
    this.#leave()
  }

  detach(): void {
    this.#leave()
  }

  #lane(lane: DataLane): ReaderLane {
    return lane === Lane.main ? this.#main : this.#error
  }

  /** Under the alias that all connections share, unless another reader has it on this one. */
  #start(fields: Fields): number {
    const { name, alias, epoch, urgency = Urgency.normal } = this.#log.identity
    const isFirst = this.#carrier.bound(alias) === undefined
    if (isFirst) this.#carrier.bind(alias, this)
    const address = isFirst ? alias : this.#carrier.allocate(this)
    try {
      this.#carrier.start(address, { ...startIds(name), epoch, hop: urgency }, fields)
    } catch (error) {
      this.#carrier.release(address)
      throw error
    }
    return address
  }

  #grant(lane: ReaderLane, ceiling: number): void {
    if (ceiling <= lane.ceiling) return
    lane.ceiling = ceiling
    if (lane.next < this.#log.next(lane.lane)) this.#carrier.wake(this.#address, lane.lane)
  }

  #cancelled(cancel: JsonObject): void {
    const { code, reason }: { readonly code?: JsonValue; readonly reason?: JsonValue } = cancel
    if (typeof code === "string") {
      this.#carrier.release(this.#address)
      this.#leave()
    } else {
      this.#owner.cancel(typeof reason === "string" ? reason : undefined)
    }
  }

  #completed(): void {
    if (this.#log.outcome === undefined) throw new BusError("protocol", "complete without an outcome")
    this.#carrier.release(this.#address)
    this.#leave()
  }

  #leave(): void {
    if (this.#gone) return
    this.#gone = true
    this.#main.loaded = undefined
    this.#error.loaded = undefined
    this.#log.remove(this)
    this.#owner.left()
  }

  #wakeMissed(): void {
    for (const lane of [Lane.control, Lane.error, Lane.main]) {
      if ((this.#missedLanes & (1 << lane)) !== 0) this.#carrier.wake(this.#address, lane)
    }
    this.#missedLanes = 0
  }

  #wakeAll(): void {
    this.#carrier.wake(this.#address, Lane.control)
    this.#carrier.wake(this.#address, Lane.error)
    this.#carrier.wake(this.#address, Lane.main)
  }

  #stateGap(lane: ReaderLane, output: FrameOutput): void {
    const bounds = this.#log.bounds(lane.lane)
    if (!lane.hasGap(bounds)) return
    lane.loaded = undefined
    output.control(0, lane.skip(bounds))
    this.#carrier.wake(this.#address, lane.lane)
  }

  /** @returns whether more is ready than there was room for */
  #serve(lane: ReaderLane, output: FrameOutput): boolean {
    while (lane.next < this.#log.next(lane.lane)) {
      if (output.room <= 0) return true
      if (lane.blocked) return false
      const runs = lane.loaded ?? this.#read(lane, Math.min(output.room, lane.credit))
      lane.loaded = undefined
      if (runs === undefined) return false
      for (const run of runs) {
        while (lane.next < run.first + run.count) {
          if (output.room <= 0) return true
          if (!writeRun(this.#log, this.#address, lane, run, output)) return false
        }
      }
    }
    return false
  }

  /** The journal's runs from the cursor on; undefined when they come later, or when a gap has to be stated first. */
  #read(lane: ReaderLane, maxBytes: number): readonly Run[] | undefined {
    if (lane.reading) return undefined
    try {
      const runs = this.#log.read(lane.lane, lane.next, maxBytes)
      if (!isPending(runs)) return runs
      lane.reading = true
      runs.then(
        (loaded) => this.#loaded(lane, loaded),
        (error: unknown) => {
          lane.reading = false
          this.#readFailed(error)
        },
      )
    } catch (error) {
      this.#readFailed(error)
    }
    return undefined
  }

  #loaded(lane: ReaderLane, runs: readonly Run[]): void {
    lane.reading = false
    if (this.#gone) return
    lane.loaded = runs
    this.#carrier.wake(this.#address, lane.lane)
  }

  #readFailed(error: unknown): void {
    if (this.#gone) return
    const failure = asBusError(error)
    if (failure.code === "gap") this.#carrier.wake(this.#address, Lane.control)
    else this.close(failure)
  }
}
