import type { Clock } from "@luxbus/clock"
import { BusError, LIMITS, laneName, type RangeList } from "@luxbus/packet"
import type { ReceiveLane } from "./receive-lane.ts"
import { RepeatTimer } from "./repeat-timer.ts"

const NONE: RangeList = []

export interface HoleWatchEvents {
  /** There are holes to ask for: `due` gives them. */
  due(): void
  /** They were asked for often enough. */
  gaveUp(error: BusError): void
}

/**
 * Which holes of one lane are to be asked for: each once as soon as it is known, all of them again after 0.2·2^k s
 * without progress, `LIMITS.repairAttempts` times altogether.
 */
export class HoleWatch {
  readonly #lane: ReceiveLane
  readonly #events: HoleWatchEvents
  readonly #timer: RepeatTimer
  /**
   * Chunks that had arrived when the lane was looked at last: more is progress, wherever it is. On a slow way what was
   * asked for comes behind what was sent before.
   */
  #arrived = 0
  /** Holes below this number were asked for since the clock stood still. */
  #askedBelow = 0
  /** Holes from this number on are to be asked for. */
  #askFrom = Number.POSITIVE_INFINITY

  constructor(clock: Clock, lane: ReceiveLane, events: HoleWatchEvents) {
    this.#lane = lane
    this.#events = events
    this.#timer = new RepeatTimer(clock, () => this.#askAgain())
  }

  /** Something arrived, or was stated: asks for what is newly missing. */
  look(): void {
    const arrived = arrivedOf(this.#lane)
    if (arrived > this.#arrived) {
      this.#arrived = arrived
      this.#timer.answered(false)
    }
    const last = this.#lane.missing().at(-1)
    if (last === undefined) return
    this.#timer.start()
    if (last[1] >= this.#askedBelow) this.#ask(this.#askedBelow)
  }

  /** A broker says that it dropped frames from `first` on and has room again: they are asked for, as if never before. */
  declared(first: number): void {
    if (this.#lane.missing().length === 0) return
    this.#timer.answered(true)
    this.#ask(first)
  }

  /** The writer cannot answer: the clock stands still, and everything will be asked for anew. */
  pause(): void {
    this.#timer.stop()
    this.#askedBelow = 0
    this.#askFrom = Number.POSITIVE_INFINITY
  }

  /** What is to be asked for now; it counts as asked. */
  takeDue(): RangeList {
    if (this.#askFrom === Number.POSITIVE_INFINITY) return NONE
    const due: [number, number][] = []
    for (const [first, last] of this.#lane.missing()) {
      if (last >= this.#askFrom) due.push([Math.max(first, this.#askFrom), last])
    }
    this.#askFrom = Number.POSITIVE_INFINITY
    this.#askedBelow = Math.max(this.#askedBelow, (due.at(-1)?.[1] ?? -1) + 1)
    return due
  }

  #ask(from: number): void {
    this.#askFrom = Math.min(this.#askFrom, from)
    this.#events.due()
  }

  #askAgain(): void {
    if (this.#lane.missing().length === 0) {
      this.#timer.stop()
    } else if (this.#timer.attempts < LIMITS.repairAttempts) {
      this.#ask(0)
    } else {
      this.pause()
      const text = `A hole of the ${laneName(this.#lane.lane)} lane was not filled though asked for ${LIMITS.repairAttempts} times.`
      this.#events.gaveUp(new BusError("gap", text, { details: { first: this.#lane.cum } }))
    }
  }
}

function arrivedOf(lane: ReceiveLane): number {
  let arrived = lane.cum
  for (const [first, last] of lane.ranges()) arrived += last - first + 1
  return arrived
}
