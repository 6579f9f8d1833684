/** Taken entries at the front that are worth moving the rest for. */
const COMPACT_AT = 1_024

/** A queue whose ends cost the same however long it is: `Array.shift` moves a long array as a whole. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The oldest. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** Takes the oldest off. */
  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.#head === this.#items.length) return undefined
    this.#items[this.#head++] = undefined
    this.#compact()
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }

  #compact(): void {
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }
}
