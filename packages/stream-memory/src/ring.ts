const MIN_SLOTS = 8
/** An emptied ring with more slots than this lets them go, so that a burst does not stay in memory. */
const MAX_IDLE_SLOTS = 1_024

/**
 * A first-in, first-out queue with access by index: a circular array that doubles when full. All operations are
 * O(1), amortised; none allocates but the doubling. Slots that were left hold no reference.
 */
export class Ring<T> {
  #slots: (T | undefined)[] = []
  #head = 0
  #length = 0

  /** Items inside. */
  get length(): number {
    return this.#length
  }

  /** The item `index` places behind the oldest; undefined outside of the ring. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)]
  }

  /** Replaces the item at `index`, which must be inside of the ring. */
  set(index: number, item: T): void {
    this.#slots[(this.#head + index) & (this.#slots.length - 1)] = item
  }

  /** Puts an item behind the newest. */
  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item
    this.#length++
  }

  /** Takes the oldest item out; undefined when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length--
    if (this.#length === 0 && this.#slots.length > MAX_IDLE_SLOTS) this.#slots = []
    if (this.#length === 0) this.#head = 0
    return item
  }

  #grow(): void {
    const slots = new Array<T | undefined>(Math.max(MIN_SLOTS, this.#slots.length * 2)).fill(undefined)
    for (let i = 0; i < this.#length; i++) slots[i] = this.at(i)
    this.#slots = slots
    this.#head = 0
  }
}
