/** Who waits for something that has a name, until it appears or the one who waits is gone. */
export class Waiters<T> {
  readonly #byName = new Map<string, Set<T>>()

  /** How many wait. */
  get size(): number {
    let size = 0
    for (const waiting of this.#byName.values()) size += waiting.size
    return size
  }

  add(name: string, waiter: T): void {
    const waiting = this.#byName.get(name)
    if (waiting === undefined) this.#byName.set(name, new Set([waiter]))
    else waiting.add(waiter)
  }

  remove(name: string, waiter: T): void {
    const waiting = this.#byName.get(name)
    waiting?.delete(waiter)
    if (waiting?.size === 0) this.#byName.delete(name)
  }

  /** Who waits for the name, in the order of coming. They go on waiting. */
  waitingFor(name: string): readonly T[] {
    return [...(this.#byName.get(name) ?? [])]
  }

  /** Who waits for the name; they wait no longer. */
  take(name: string): readonly T[] {
    const waiting = this.waitingFor(name)
    this.#byName.delete(name)
    return waiting
  }

  /** All who wait; they wait no longer. */
  takeAll(): readonly T[] {
    const waiting = [...this.#byName.values()].flatMap((each) => [...each])
    this.#byName.clear()
    return waiting
  }
}
