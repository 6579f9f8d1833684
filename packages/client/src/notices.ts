import type { Notice } from "@luxbus/dual-stream"

/** Called with what a stream says of itself: waiting, open, suspended, resumed, gap. */
export type NoticeListener = (notice: Notice) => void

/** Who listens to a stream's notices. */
export class Notices {
  readonly #listeners = new Set<NoticeListener>()

  constructor(first: NoticeListener | undefined) {
    if (first !== undefined) this.#listeners.add(first)
  }

  /** @returns takes the listener away again */
  add(listener: NoticeListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @returns whether anybody listens */
  tell(notice: Notice): boolean {
    for (const listener of this.#listeners) listener(notice)
    return this.#listeners.size > 0
  }
}
