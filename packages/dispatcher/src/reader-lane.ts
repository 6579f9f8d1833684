import { type DataLane, LIMITS } from "@luxbus/packet"
import type { LaneBounds, Run } from "@luxbus/stream-memory"
import type { LanePosition } from "./start-position.ts"

/** Where one reader stands on one lane, and what it may be sent. */
export class ReaderLane {
  readonly lane: DataLane
  /** The next chunk to send. */
  next: number
  /** Costs of what was sent on this attachment. */
  sentCost = 0
  /** What may be sent on this attachment; nothing before the reader says so, since it may still hold a full window. */
  ceiling = 0
  /** A read of the journal is under way. */
  reading = false
  /** What it brought, until the next pull. */
  loaded: readonly Run[] | undefined
  readonly #evictedBelow: number
  readonly #epochBelow: number
  #epochGapDue: boolean

  /** `epochBelow` is the lane's first number in this epoch. */
  constructor(lane: DataLane, position: LanePosition, evictedBelow: number, epochBelow: number) {
    this.lane = lane
    this.next = position.next
    this.#epochGapDue = position.otherEpoch
    this.#evictedBelow = evictedBelow
    this.#epochBelow = epochBelow
  }

  get credit(): number {
    return this.ceiling - this.sentCost
  }

  /** Counts what is sent; `next` comes behind it. */
  sent(next: number, cost: number): void {
    this.next = next
    this.sentCost += cost
  }

  /** Whether not even an empty chunk may be sent. */
  get blocked(): boolean {
    return this.credit < LIMITS.chunkOverheadCost
  }

  /** Whether the reader must hear of a gap before anything else. */
  hasGap(bounds: LaneBounds): boolean {
    return this.#epochGapDue || this.next < bounds.first
  }

  /** Goes on behind the gap. @returns what to say of it */
  skip(bounds: LaneBounds) {
    const { next } = this
    const reason =
      this.#epochGapDue || next < this.#epochBelow ? "epoch" : next < this.#evictedBelow ? "evicted" : "lagged"
    this.#epochGapDue = false
    this.next = Math.max(next, bounds.first)
    return {
      lane: this.lane,
      gap: next < bounds.first ? ([[next, bounds.first - 1]] as const) : [],
      first: this.next,
      message: this.next === bounds.first ? bounds.message : this.next,
      at: this.sentCost,
      reason,
    } as const
  }
}
