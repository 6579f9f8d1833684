import type { Clock, Timer } from "@luxbus/clock"
import { BusError, laneName, type RangeList, WRITER_LIMITS } from "@luxbus/packet"
import type { HoleWatchEvents, LaneHoles } from "./reader-source.ts"
import type { ReceiveLane } from "./receive-lane.ts"
import { REPEAT_MAX_MS, RepeatTimer } from "./repeat-timer.ts"

/**
 * Silence after which the end of a lane, which its writer says to have sent, is asked for. A statement overtakes the
 * chunks that it tells of: on a slow way they are still coming, and sending them again would only make it slower.
 */
export const TAIL_SILENCE_MS = REPEAT_MAX_MS
/** Chunks that are asked for again: what was asked for first may still be on its way. */
const REPEATED_CHUNKS = 4

const NONE: RangeList = []

/**
 * Which holes of one lane are to be asked for. A hole is one that later chunks have passed, or that a broker declared:
 * asked for once as soon as it is known, its beginning again after 0.2·2^k s without progress, until
 * `WRITER_LIMITS.repairAttempts` askings were in vain. What is missing at the lane's end is one only after
 * {@link TAIL_SILENCE_MS}.
 */
export class HoleWatch implements LaneHoles {
  readonly #lane: ReceiveLane
  readonly #events: HoleWatchEvents
  readonly #timer: RepeatTimer
  /**
   * Chunks that had arrived when the lane was looked at last: more is progress, wherever it is. On a slow way what was
   * asked for comes behind what was sent before.
   */
  #arrived = 0
  /** Whether the writer was heard of since the last asking: a way that is silent brings no answer either. */
  #heard = false
  /** Askings without progress though the writer was heard. */
  #inVain = 0
  /** Holes below this number were asked for since the clock stood still. */
  #askedBelow = 0
  /** Holes from this number on are to be asked for. */
  #askFrom = Number.POSITIVE_INFINITY
  /** How many chunks to ask for. */
  #askChunks = Number.POSITIVE_INFINITY
  /** What is missing below this number is a hole, though nothing above it has arrived. */
  #lostBelow = 0
  /** A broker drops what comes: asking would be in vain. */
  #hasNoRoom = false
  #tailTimer: Timer | undefined
  readonly #clock: Clock

  constructor(clock: Clock, lane: ReceiveLane, events: HoleWatchEvents) {
    this.#clock = clock
    this.#lane = lane
    this.#events = events
    this.#timer = new RepeatTimer(clock, () => this.#askAgain())
  }

  look(): void {
    const arrived = arrivedOf(this.#lane)
    this.#heard = true
    if (arrived > this.#arrived) {
      this.#arrived = arrived
      this.#inVain = 0
      this.#timer.answered(false)
      this.#stopTailTimer()
    }
    if (this.#hasNoRoom || this.#lane.missing().length === 0) return
    const last = this.#holes.at(-1)
    if (last === undefined) {
      this.#tailTimer ??= this.#clock.setTimer(TAIL_SILENCE_MS, () => this.#tailIsLost())
      return
    }
    this.#timer.start()
    if (last[1] >= this.#askedBelow) this.#ask(this.#askedBelow)
  }

  declared(hole: RangeList, isPaused: boolean): void {
    const [first, last] = [hole[0], hole.at(-1)]
    if (last !== undefined) this.#lane.stateNext(last[1] + 1)
    if (isPaused) return
    if (first === undefined || last === undefined) this.#noRoom()
    else this.#dropped(first[0], last[1])
  }

  pause(): void {
    this.#hasNoRoom = false
    this.#inVain = 0
    this.#timer.stop()
    this.#stopTailTimer()
    this.#askedBelow = 0
    this.#askFrom = Number.POSITIVE_INFINITY
  }

  takeDue(): RangeList {
    if (this.#askFrom === Number.POSITIVE_INFINITY) return NONE
    this.#heard = false
    const due: [number, number][] = []
    let left = this.#askChunks
    for (const [first, last] of this.#holes) {
      const from = Math.max(first, this.#askFrom)
      if (from > last || left <= 0) continue
      due.push([from, Math.min(last, from + left - 1)])
      left -= last - from + 1
    }
    this.#askFrom = Number.POSITIVE_INFINITY
    this.#askChunks = Number.POSITIVE_INFINITY
    this.#askedBelow = Math.max(this.#askedBelow, (due.at(-1)?.[1] ?? -1) + 1)
    return due
  }

  /** A broker drops frames for want of room, others' before ours perhaps for long: that is no fault of the writer's. */
  #noRoom(): void {
    this.pause()
    this.#hasNoRoom = true
  }

  /** A broker has room again for what it dropped: that is asked for, as if never before. */
  #dropped(first: number, last: number): void {
    this.#hasNoRoom = false
    this.#lostBelow = Math.max(this.#lostBelow, last + 1)
    if (this.#holes.length === 0) return
    this.#inVain = 0
    this.#timer.answered(true)
    this.#ask(first)
  }

  /** What is missing and not merely still to come. */
  get #holes(): RangeList {
    const passed = Math.max(this.#lostBelow, this.#lane.ranges().at(-1)?.[0] ?? 0)
    const holes: [number, number][] = []
    for (const [first, last] of this.#lane.missing()) {
      if (first < passed) holes.push([first, Math.min(last, passed - 1)])
    }
    return holes
  }

  #tailIsLost(): void {
    this.#tailTimer = undefined
    const last = this.#lane.missing().at(-1)
    if (last === undefined) return
    this.#lostBelow = last[1] + 1
    this.look()
  }

  #stopTailTimer(): void {
    this.#tailTimer?.cancel()
    this.#tailTimer = undefined
  }

  #ask(from: number): void {
    this.#askFrom = Math.min(this.#askFrom, from)
    this.#events.due()
  }

  #askAgain(): void {
    if (this.#heard) this.#inVain++
    if (this.#holes.length === 0) {
      this.#timer.stop()
    } else if (this.#inVain < WRITER_LIMITS.repairAttempts) {
      if (this.#askFrom === Number.POSITIVE_INFINITY) this.#askChunks = REPEATED_CHUNKS
      this.#ask(0)
    } else {
      const [first, last] = this.#holes[0]!
      const { lane } = this.#lane
      this.pause()
      const text = `A hole of the ${laneName(lane)} lane was not filled though asked for ${WRITER_LIMITS.repairAttempts} times.`
      this.#events.gaveUp(new BusError("gap", text, { details: { lane, first, last } }))
    }
  }
}

function arrivedOf(lane: ReceiveLane): number {
  let arrived = lane.cum
  for (const [first, last] of lane.ranges()) arrived += last - first + 1
  return arrived
}
