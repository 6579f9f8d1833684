import type { Clock, Timer } from "@luxbus/clock"
import type { HostedStream } from "./hosted-stream.ts"

/**
 * Finished streams, the oldest first, until their time is over or their room is needed. One timer serves them all: they
 * all stay equally long.
 */
export class Retention {
  readonly #clock: Clock
  readonly #options: { readonly keepMs: number; readonly maxBytes: number }
  readonly #remove: (stream: HostedStream) => void
  readonly #expiresAt = new Map<HostedStream, number>()
  #heldBytes = 0
  #timer: Timer | undefined

  /** `remove` lets go of a stream; its bytes are given back by `grew`. */
  constructor(
    clock: Clock,
    options: { readonly keepMs: number; readonly maxBytes: number },
    remove: (stream: HostedStream) => void,
  ) {
    this.#clock = clock
    this.#options = options
    this.#remove = remove
  }

  /** What all rings hold together. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether there is room for a new stream, or can be made. */
  get hasRoom(): boolean {
    return this.#heldBytes < this.#options.maxBytes || this.#expiresAt.size > 0
  }

  finished(stream: HostedStream): void {
    this.#expiresAt.set(stream, this.#clock.now() + this.#options.keepMs)
    this.#timer ??= this.#clock.setTimer(this.#options.keepMs, () => this.#expire())
    this.#makeRoom()
  }

  /** The stream is let go of for another reason. */
  forget(stream: HostedStream): void {
    this.#expiresAt.delete(stream)
    if (this.#expiresAt.size === 0) this.close()
  }

  /** The rings hold so many bytes more, or less. */
  grew(bytes: number): void {
    this.#heldBytes += bytes
    if (bytes > 0) this.#makeRoom()
  }

  /** @returns whether there was a finished stream to let go of */
  removeOldest(): boolean {
    const [oldest] = this.#expiresAt.keys()
    if (oldest === undefined) return false
    this.#expiresAt.delete(oldest)
    this.#remove(oldest)
    return true
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #makeRoom(): void {
    while (this.#heldBytes > this.#options.maxBytes && this.removeOldest());
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const [, expiresAt] of this.#expiresAt) {
      if (expiresAt > now) {
        this.#timer = this.#clock.setTimer(expiresAt - now, () => this.#expire())
        return
      }
      this.removeOldest()
    }
  }
}
