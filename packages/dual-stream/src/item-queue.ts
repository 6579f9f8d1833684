import type { LaneItem } from "./lane-item.ts"

/** Taken places at the front of the queue are given back when they are this many, and half of it. */
const MIN_FREED_SLOTS = 64

/** A lane's items in order, first in, first out. Taking one is O(1) over time and allocates nothing. */
export class ItemQueue {
  #items: (LaneItem | undefined)[] = []
  #head = 0

  /** The next item, which stays; undefined when there is none. */
  get next(): LaneItem | undefined {
    return this.#items[this.#head]
  }

  /** The number of the next item, of a gap its first that is missing; undefined when there is none. */
  get nextNumber(): number | undefined {
    const item = this.next
    if (item === undefined) return undefined
    return item.type === "gap" ? Math.min(item.first, item.ranges[0]?.[0] ?? item.first) : item.number
  }

  push(item: LaneItem): void {
    this.#items.push(item)
  }

  shift(): LaneItem | undefined {
    const item = this.next
    if (item === undefined) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head >= MIN_FREED_SLOTS && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }
}
