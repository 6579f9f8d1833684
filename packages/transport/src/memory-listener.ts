import { BusError } from "@luxbus/packet"
import type { Accept, Dial, Listener } from "./connection.ts"
import { type MemoryLinkOptions, type MemoryPair, memoryLink } from "./memory-pair.ts"

/** Settings of a {@link memoryListener}. */
export interface MemoryListenerOptions extends MemoryLinkOptions {
  /** Sees each link as it is made, so that a test can set faults on it. */
  readonly onPair?: (pair: MemoryPair) => void
}

/** A place within one process where connections are dialled and accepted. */
export interface MemoryListener {
  /**
   * Opens a connection to whoever listens. The accepting side has it first. Rejects with `connection_lost` when nobody
   * listens, with `cancelled` when `signal` fires first.
   */
  readonly dial: Dial
  /** @throws BusError `invalid_state` while somebody listens already */
  listen(accept: Accept): Listener
}

/** Makes a place within this process where connections are dialled and accepted: what a bus without a server uses. */
export function memoryListener(options: MemoryListenerOptions): MemoryListener {
  let current: { readonly accept: Accept } | undefined

  const connect = (): MemoryPair => {
    if (current === undefined) throw new BusError("connection_lost", "nobody listens in this process")
    const link = memoryLink(options)
    options.onPair?.(link)
    try {
      current.accept(link.far, { headers: {}, url: "/", remoteAddress: "memory", secure: false })
    } catch (cause) {
      link.far.fail(cause)
    }
    return link
  }

  return {
    dial: ({ signal } = {}) =>
      new Promise((resolve, reject) => {
        const cancel = () => {
          timer.cancel()
          signal?.removeEventListener("abort", cancel)
          reject(new BusError("cancelled", "dialling was cancelled", { cause: signal?.reason }))
        }
        const timer = options.clock.setTimer(options.latencyMs ?? 0, () => {
          signal?.removeEventListener("abort", cancel)
          try {
            resolve(connect().near)
          } catch (error) {
            reject(error)
          }
        })
        if (signal?.aborted) cancel()
        else signal?.addEventListener("abort", cancel)
      }),
    listen(accept) {
      if (current !== undefined) throw new BusError("invalid_state", "somebody listens already")
      const listening = { accept }
      current = listening
      return {
        url: "memory:",
        address: undefined,
        async close() {
          if (current === listening) current = undefined
        },
      }
    },
  }
}
