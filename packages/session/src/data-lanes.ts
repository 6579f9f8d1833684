import type { Clock } from "@luxbus/clock"
import type { StartHeader } from "@luxbus/dual-stream"
import { type DataLane, type Fields, Lane, URGENCY_MASK } from "@luxbus/packet"
import { Batch } from "./batch.ts"
import type { ConnectionCredit } from "./connection-credit.ts"
import { Scheduler } from "./scheduler.ts"
import type { Source } from "./source.ts"

export interface DataLanesComponents {
  readonly clock: Clock
  readonly credit: ConnectionCredit
  /** A source threw as it was pulled from. */
  readonly faulted: (source: Source, error: unknown) => void
}

/** Makes what a connection writes main and error with. */
export function createDataLanes(components: DataLanesComponents): DataLanes {
  return new DataLanes(components)
}

/**
 * What a connection needs beyond control: main and error, and the STARTs of the streams on them. It comes with the first
 * part of a session that writes: who only reads says all that it has to say on control.
 */
export class DataLanes {
  /** The message that is being built, of all lanes. */
  readonly batch: Batch
  readonly #clock: Clock
  readonly #faulted: (source: Source, error: unknown) => void
  readonly #error = new Scheduler(Lane.error)
  readonly #main = new Scheduler(Lane.main)
  #nowMs = 0

  constructor({ clock, credit, faulted }: DataLanesComponents) {
    this.#clock = clock
    this.#faulted = faulted
    this.batch = new Batch(credit)
  }

  /** Whether nobody waits on error or main. */
  get idle(): boolean {
    return this.#error.idle && this.#main.idle
  }

  /** Reads the clock: once for all who are woken and served until the next time. */
  tick(): void {
    this.#nowMs = this.#clock.now()
  }

  /** Writes a START. From then on its stream is served with the urgency that it states. */
  start(source: Source, header: StartHeader, fields: Fields): void {
    source.urgency = (header.hop ?? 0) & URGENCY_MASK
    this.batch.writer.start(header, { ...fields, alias: source.address })
  }

  /** Notes that a source has something to send. @returns whether that is news */
  wake(source: Source, lane: DataLane): boolean {
    return (lane === Lane.main ? this.#main : this.#error).wake(source, this.#nowMs)
  }

  /** Fills the message with what is ready: error, then main. */
  fill(): void {
    this.#fill(Lane.error, this.#error)
    this.#fill(Lane.main, this.#main)
  }

  clear(): void {
    this.#error.clear()
    this.#main.clear()
  }

  #fill(lane: DataLane, scheduler: Scheduler): void {
    const batch = this.batch
    while (batch.hasRoomOn(lane)) {
      const turn = scheduler.next(this.#nowMs)
      if (turn === undefined) return
      batch.turnToData(turn.source.address, lane, turn.deficit)
      const more = this.#pull(turn.source, lane)
      scheduler.served(turn, batch.spent, more, this.#nowMs)
    }
  }

  #pull(source: Source, lane: DataLane): boolean {
    try {
      return source.end.pull(lane, this.batch)
    } catch (error) {
      this.#faulted(source, error)
      return false
    }
  }
}
