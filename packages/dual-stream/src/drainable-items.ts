import { ChunkFlag } from "@luxbus/packet"
import { RangeSet } from "@luxbus/stream-memory"
import { ItemQueue } from "./item-queue.ts"
import type { LaneItem } from "./lane-item.ts"
import type { Gap } from "./notice.ts"
import type { UnreadItems } from "./unread-items.ts"

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * Unread items of a peer's lane. Part of them may be **drained**: it no longer fills the window, as if it had been
 * taken, and its oldest chunks may have been dropped, which a gap tells.
 */
export class DrainableItems implements UnreadItems {
  readonly #lane: "main" | "error"
  readonly #queue = new ItemQueue()
  /** Numbers that were dropped here and that no gap has told of. */
  readonly #dropped = new RangeSet()
  /** First chunk of the message that holds the next chunk. */
  #message: number
  /** The number after the last item that left the queue. */
  #passed: number
  #windowCost = 0
  #drainedCost = 0
  /** The newest item, where that is a gap. */
  #lastGap: Mutable<Gap> | undefined

  constructor(lane: "main" | "error", first: number, message = first) {
    this.#lane = lane
    this.#message = message
    this.#passed = first
  }

  get readable(): boolean {
    return this.#dropped.rangeCount > 0 || this.#queue.next !== undefined
  }

  get hasUntaken(): boolean {
    return this.readable && (this.#dropped.rangeCount > 0 || this.#queue.next?.type !== "end")
  }

  get nextNumber(): number | undefined {
    return this.#queue.nextNumber
  }

  get windowCost(): number {
    return this.#windowCost
  }

  get heldCost(): number {
    return this.#windowCost + this.#drainedCost
  }

  push(item: Exclude<LaneItem, Gap>): void {
    this.#lastGap = undefined
    this.#queue.push(item)
    this.#windowCost += item.cost
  }

  /** A gap behind a gap makes it longer: while nobody reads a live stream, its writer tells of ever more. */
  pushGap(gap: Gap): void {
    const last = this.#lastGap
    const [begin, behind] = [last?.ranges[0]?.[0], gap.ranges[0]?.[0]]
    if (last !== undefined && begin !== undefined && last.first === behind) {
      last.ranges = [[begin, gap.first - 1]]
      last.first = gap.first
      last.message = gap.message
      return
    }
    this.#lastGap = { ...gap }
    this.#queue.push(this.#lastGap)
  }

  take(): LaneItem | undefined {
    if (this.#dropped.rangeCount > 0) return this.#takeDropped()
    const item = this.#shift()
    if (item !== undefined && item.type !== "gap") this.#release(item.cost)
    return item
  }

  drain(keepCost: number): void {
    this.#drainedCost += this.#windowCost
    this.#windowCost = 0
    while (this.#drainedCost > keepCost) if (!this.#drop()) break
    while (this.#dropped.rangeCount > 0 && this.#queue.next?.type === "gap") this.#drop()
  }

  #drop(): boolean {
    const next = this.#queue.next
    if (next === undefined || next.type === "end") return false
    this.#shift()
    if (next.type === "gap") {
      for (const [first, last] of next.ranges) this.#dropped.add(first, last)
    } else {
      this.#dropped.add(next.number)
      this.#release(next.cost)
    }
    return true
  }

  #takeDropped(): Gap {
    const ranges = this.#dropped.list()
    const first = this.nextNumber ?? this.#passed
    this.#dropped.clear()
    return { type: "gap", lane: this.#lane, ranges, first, message: Math.min(this.#message, first), reason: "lagged" }
  }

  #shift(): LaneItem | undefined {
    const item = this.#queue.shift()
    if (item === undefined) return undefined
    if (item === this.#lastGap) this.#lastGap = undefined
    this.#passed = item.type === "gap" ? item.first : item.number + 1
    if (item.type === "gap") this.#message = item.message
    else if (item.type === "chunk" && (item.flags & ChunkFlag.more) === 0) this.#message = item.number + 1
    return item
  }

  /** The drained come first in the queue, so what leaves it is theirs until there is none. */
  #release(cost: number): void {
    const drained = Math.min(cost, this.#drainedCost)
    this.#drainedCost -= drained
    this.#windowCost -= cost - drained
  }
}
