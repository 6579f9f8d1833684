import type { StreamReader } from "@luxbus/dual-stream"
import type { BusError } from "@luxbus/packet"
import type { AcceptOptions } from "./acceptor.ts"
import type { BusStream } from "./bus-stream.ts"
import { Waiters } from "./waiters.ts"

/** Streams that peers have opened, until the application takes them, in order of arrival. */
export class IncomingStreams {
  readonly pattern: string
  /** How long a stream waits here. */
  readonly openTimeoutMs: number
  readonly #maxPending: number
  readonly #pending: { readonly stream: BusStream; readonly timer: { cancel(): void } }[] = []
  readonly #waiters = new Waiters()
  readonly #onClose: () => void
  readonly #onRoom: () => void
  #closed = false
  #failure: BusError | undefined

  constructor(pattern: string, options: AcceptOptions, events: { onClose: () => void; onRoom: () => void }) {
    this.pattern = pattern
    this.openTimeoutMs = options.openTimeoutMs ?? 10_000
    this.#maxPending = options.maxPending ?? 64
    this.#onClose = events.onClose
    this.#onRoom = events.onRoom
  }

  /** Whether a stream would be taken now. */
  get hasRoom(): boolean {
    return !this.#closed && this.#pending.length < this.#maxPending
  }

  /** Queues a stream for the application; `timer` refuses it if it waits too long. */
  push(stream: BusStream, timer: { cancel(): void }): StreamReader | undefined {
    this.#pending.push({ stream, timer })
    this.#waiters.wake()
    return stream.reader
  }

  /** Takes a stream back that has waited too long. */
  remove(stream: BusStream): void {
    const index = this.#pending.findIndex((pending) => pending.stream === stream)
    if (index >= 0) this.#pending.splice(index, 1)
  }

  /** The next stream; undefined once closed. */
  async next(signal?: AbortSignal): Promise<BusStream | undefined> {
    for (;;) {
      const pending = this.#pending.shift()
      if (pending !== undefined) {
        pending.timer.cancel()
        this.#onRoom()
        return pending.stream
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.#closed) return undefined
      await this.#waiters.wait(signal)
    }
  }

  /** Accepts no more; streams that still wait are refused. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
    this.#waiters.wake()
    for (const { stream, timer } of this.#pending.splice(0)) {
      timer.cancel()
      await stream.close()
    }
  }

  /** The session is over. */
  fail(error: BusError): void {
    this.#failure = error
    for (const { timer } of this.#pending) timer.cancel()
    this.#waiters.wake()
  }
}
