import { type DataLane, HopFlag, LIMITS } from "@luxbus/packet"
import type { FrameOutput } from "./carrier.ts"

/** Where a lane goes on behind a gap. */
export interface LanePlace {
  readonly first: number
  /** First chunk of the message that holds `first`. */
  readonly message: number
  /** Sum of the lane's costs at `first`. */
  readonly at: number
}

interface UnseenGap extends LanePlace {
  readonly from: number
}

/**
 * What a live lane will never send, until its reader has passed it. A gap that grows is stated again only once the reader
 * has answered, or after a pause: a reader that is slow must not drown in statements. But no later data goes before it.
 */
export class LaneGaps {
  #gaps: UnseenGap[] = []
  /** There is what the last statement did not say, or may not have reached the reader. */
  #unstated = false
  #answerAwaited = false

  /** Whether something must be said before any later data. */
  get unstated(): boolean {
    return this.#unstated
  }

  /** Whether it may be said now. */
  get due(): boolean {
    return this.#unstated && !this.#answerAwaited
  }

  /** Nothing from `from` on will be sent below `place`, where the lane goes on. */
  add(from: number, place: LanePlace): void {
    let first = from
    for (let last = this.#gaps.at(-1); last !== undefined && last.first >= from; last = this.#gaps.at(-1)) {
      first = Math.min(first, last.from)
      this.#gaps.pop()
    }
    this.#gaps.push({ ...place, from: first })
    this.#unstated = true
    // What was sent between the two lowest is gone from memory, too.
    const [lowest, next] = this.#gaps
    if (this.#gaps.length > LIMITS.ranges) this.#gaps.splice(0, 2, { ...next!, from: lowest!.from })
  }

  /** The reader has answered, and has passed everything below `cum`. */
  answered(cum: number): void {
    this.#answerAwaited = false
    // A host that begins behind a gap has not heard of it: without the sum of costs there it would grant too little.
    if (this.#unstated) return
    while (this.#gaps[0] !== undefined && this.#gaps[0].first <= cum) this.#gaps.shift()
  }

  /** The reader may not have heard: everything is said again. */
  restate(): void {
    this.#answerAwaited = false
    this.#unstated = this.#gaps.length > 0
  }

  clear(): void {
    this.#gaps = []
    this.restate()
  }

  write(output: FrameOutput, lane: DataLane): void {
    this.#unstated = false
    this.#answerAwaited = true
    for (const { from, ...place } of this.#gaps) {
      output.control(HopFlag.ackNow, { lane, gap: [[from, place.first - 1]], ...place, reason: "lagged" })
    }
  }
}
