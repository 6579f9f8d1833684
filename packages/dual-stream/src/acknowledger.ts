import type { Clock, Timer } from "@luxbus/clock"
import { type BusError, type DataLane, type Fields, Lane, type RangeList } from "@luxbus/packet"
import type { FrameOutput } from "./carrier.ts"
import type { LaneHoles, ReaderSource } from "./reader-source.ts"
import type { ReceiveLane } from "./receive-lane.ts"

/** While something is unacknowledged the writer hears of it at least this often. */
export const ACK_INTERVAL_MS = 25

interface LaneDue {
  readonly lane: ReceiveLane
  readonly holes: LaneHoles | undefined
  /** A statement is to be written: something was acknowledged, granted or found missing. */
  statement: boolean
  /** Something arrived that no statement has acknowledged. */
  arrived: boolean
}

export interface AcknowledgerEvents {
  /** There is something to write. */
  wake(): void
  /** A hole was asked for often enough. */
  readonly gaveUp: (error: BusError) => void
}

/** Decides when a reader states what it has, what it grants and what it misses; and writes these statements. */
export class Acknowledger {
  readonly #clock: Clock
  readonly #main: LaneDue
  readonly #error: LaneDue
  readonly #events: AcknowledgerEvents
  #timer: Timer | undefined
  #taken: number | undefined
  /** Whether the writer can be reached: what it had sent may come for a while when it cannot. */
  #isPaused = false

  constructor(
    clock: Clock,
    lanes: { main: ReceiveLane; error: ReceiveLane },
    source: ReaderSource,
    events: AcknowledgerEvents,
  ) {
    this.#clock = clock
    this.#events = events
    this.#main = this.#watch(lanes.main, source)
    this.#error = this.#watch(lanes.error, source)
  }

  /** The application has done with all of main below this; undefined where nobody asks for it. */
  get taken(): number | undefined {
    return this.#taken
  }

  /** The application has done with all of main below `number`: it is stated with the lane from now on. */
  take(number: number): void {
    if (number <= (this.#taken ?? 0)) return
    this.#taken = number
    this.soon(Lane.main)
  }

  /** States the lane in the next message. */
  soon(lane: DataLane): void {
    this.#of(lane).statement = true
    this.#events.wake()
  }

  /** States the lane within {@link ACK_INTERVAL_MS}, together with what else arrives until then. */
  later(lane: DataLane): void {
    this.#of(lane).arrived = true
    this.#timer ??= this.#clock.setTimer(ACK_INTERVAL_MS, () => {
      this.#timer = undefined
      if (this.#main.arrived) this.soon(Lane.main)
      if (this.#error.arrived) this.soon(Lane.error)
    })
  }

  /** Something of the lane arrived, or was stated: what is missing is asked for. */
  lookForHoles(lane: DataLane): void {
    if (!this.#isPaused) this.#of(lane).holes?.look()
  }

  /**
   * A broker dropped these frames of the lane, on the way to who can miss some.
   * @throws BusError `protocol` beyond the lane's end
   */
  holeDeclared(lane: DataLane, hole: RangeList): void {
    this.#of(lane).holes?.declared(hole, this.#isPaused)
  }

  /** The writer cannot be reached: holes are not asked for until {@link Acknowledger.resume}. */
  pause(): void {
    this.#isPaused = true
    this.#main.holes?.pause()
    this.#error.holes?.pause()
  }

  /** The writer can be reached again. */
  resume(): void {
    this.#isPaused = false
  }

  stop(): void {
    this.pause()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  write(output: FrameOutput): void {
    if (this.#main.statement) this.#writeLane(output, this.#main)
    if (this.#error.statement) this.#writeLane(output, this.#error)
  }

  #of(lane: DataLane): LaneDue {
    return lane === Lane.main ? this.#main : this.#error
  }

  #watch(lane: ReceiveLane, source: ReaderSource): LaneDue {
    const holes = source.watchHoles(this.#clock, lane, {
      due: () => this.soon(lane.lane),
      gaveUp: this.#events.gaveUp,
    })
    return { lane, holes, statement: false, arrived: false }
  }

  #writeLane(output: FrameOutput, due: LaneDue): void {
    const { lane, holes } = due
    due.statement = false
    due.arrived = false
    lane.renew()
    const ack = lane.ranges()
    const missing = holes?.takeDue() ?? []
    const fields: Fields = {
      lane: lane.lane,
      cum: lane.cum,
      credit: lane.ceiling,
      ...(lane.lane === Lane.main && { taken: this.#taken }),
      ...(ack.length > 0 && { ack }),
      ...(missing.length > 0 && { missing }),
    }
    output.control(0, fields)
  }
}
