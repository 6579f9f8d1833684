import type { AbortSignalLike } from "@luxbus/transport"

/** Takes an attempt to connect back. The platform's AbortController is none of the core's. */
export class DialSignal implements AbortSignalLike {
  readonly #listeners = new Set<() => void>()
  #reason: unknown

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get reason(): unknown {
    return this.#reason
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.#reason = reason
    for (const listener of [...this.#listeners]) listener()
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener)
  }
}
