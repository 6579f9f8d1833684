import { ItemQueue } from "./item-queue.ts"
import type { LaneItem } from "./lane-item.ts"
import type { Gap } from "./notice.ts"
import type { UnreadItems } from "./unread-items.ts"

/** Unread items of a hosted lane: the host keeps what is not read, so nothing is drained. */
export class KeptItems implements UnreadItems {
  readonly #queue = new ItemQueue()
  #cost = 0

  get readable(): boolean {
    return this.#queue.next !== undefined
  }

  get hasUntaken(): boolean {
    return this.readable && this.#queue.next?.type !== "end"
  }

  get nextNumber(): number | undefined {
    return this.#queue.nextNumber
  }

  get windowCost(): number {
    return this.#cost
  }

  get heldCost(): number {
    return this.#cost
  }

  push(item: Exclude<LaneItem, Gap>): void {
    this.#queue.push(item)
    this.#cost += item.cost
  }

  pushGap(gap: Gap): void {
    this.#queue.push(gap)
  }

  take(): LaneItem | undefined {
    const item = this.#queue.shift()
    if (item !== undefined && item.type !== "gap") this.#cost -= item.cost
    return item
  }

  drain(): void {}
}
