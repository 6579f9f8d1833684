import type { BusError } from "@luxbus/packet"
import { abortError } from "./abort.ts"

/** Callers that wait for something to change. Every wait ends: by a change, by its signal, or by the owner's end. */
export class Waiters {
  #waiting: { resolve: () => void; reject: (error: BusError) => void }[] = []

  get size(): number {
    return this.#waiting.length
  }

  /** Resolves at the next `wake`. Rejects with `cancelled` when `signal` aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortError(signal))
        return
      }
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        if (signal !== undefined) reject(abortError(signal))
      }
      const done = () => signal?.removeEventListener("abort", onAbort)
      const waiter = {
        resolve: () => {
          done()
          resolve()
        },
        reject: (error: BusError) => {
          done()
          reject(error)
        },
      }
      signal?.addEventListener("abort", onAbort)
      this.#waiting.push(waiter)
    })
  }

  /** Lets every caller look again. */
  wake(): void {
    for (const waiter of this.#waiting.splice(0)) waiter.resolve()
  }

  fail(error: BusError): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error)
  }
}
