/** Something that can be watched: what a component reads, and when to read it again. */
export interface Observable {
  /** @returns takes the listener away again */
  subscribe(listener: () => void): () => void
}

/** Who watches. */
export class Listeners implements Observable {
  readonly #listeners = new Set<() => void>()

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
