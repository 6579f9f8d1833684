import type { Outcome } from "@luxbus/packet"

/**
 * A stream's outcome. Awaiting it says that the application cares for the end: lanes that it does not read are then
 * read and dropped for it, so that a peer's stream does not wait for ever. Merely holding it changes nothing.
 */
export class OutcomePromise implements Promise<Outcome> {
  readonly [Symbol.toStringTag] = "OutcomePromise"
  readonly #promise: Promise<Outcome>
  readonly #awaited: () => void

  constructor(promise: Promise<Outcome>, awaited: () => void) {
    this.#promise = promise
    this.#awaited = awaited
    promise.catch(() => {})
  }

  // biome-ignore lint/suspicious/noThenProperty: this is a promise
  then<A = Outcome, B = never>(
    onFulfilled?: ((outcome: Outcome) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaited()
    return this.#promise.then(onFulfilled, onRejected)
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Outcome | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<Outcome> {
    this.#awaited()
    return this.#promise.finally(onFinally)
  }
}
