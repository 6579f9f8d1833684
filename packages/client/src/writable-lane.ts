import { maxChunkBytes, type StreamWriter } from "@luxbus/dual-stream"
import { type BusError, type DataLane, flagsOf, WRITER_LIMITS } from "@luxbus/packet"
import { throwIfAborted } from "./abort.ts"
import { encodePayload, type Payload } from "./payload.ts"
import { Waiters } from "./waiters.ts"

/**
 * One lane of a stream, to write. Each `write` is one message; large ones travel in several chunks.
 *
 * Ordering: as called. Loss: none; what is not acknowledged is kept. Backpressure: `write` waits while the lane's
 * memory ({@link WRITER_LIMITS}.sendMemoryBytes; error: {@link WRITER_LIMITS}.errorMemoryBytes) is full; lanes do not wait for each other.
 * That of a live stream drops its oldest chunks instead, and never waits.
 */
export class WritableLane {
  readonly #lane: DataLane
  readonly #writer: StreamWriter
  readonly #waiters = new Waiters()
  #writing: Promise<void> = Promise.resolve()
  #pending = 0
  #failure: BusError | undefined

  constructor(lane: DataLane, writer: StreamWriter) {
    this.#lane = lane
    this.#writer = writer
  }

  /** Whether what was written waits for the reader's credit. */
  get blocked(): boolean {
    return this.#writer.blocked(this.#lane)
  }

  /** The lane's memory has room again. */
  changed(): void {
    this.#waiters.wake()
  }

  /** The stream is over: writes that wait, and later ones, reject with `error`. */
  fail(error: BusError): void {
    this.#failure ??= error
    this.#waiters.wake()
  }

  /**
   * Writes one message; resolves once the lane's memory holds it. Bytes are kept, not copied, until acknowledged: the
   * caller must not change them.
   * @throws BusError `invalid_payload`; `invalid_state` after the end; `cancelled` by `signal`; whatever ended the stream
   */
  write(payload: Payload, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { data, codec } = encodePayload(payload)
    if (this.#pending === 0 && this.#fits(data) && options.signal?.aborted !== true) {
      try {
        this.#writer.write(this.#lane, data, flagsOf(codec, false))
        return Promise.resolve()
      } catch (error) {
        return Promise.reject(error)
      }
    }
    this.#pending++
    const written = this.#writing.then(() => this.#append(data, codec, options.signal)).finally(() => this.#pending--)
    this.#writing = written.catch(() => {})
    return written
  }

  /** Ends the lane after what was written; the other lane goes on. */
  async end(): Promise<void> {
    await this.#writing
    this.#writer.end(this.#lane)
  }

  /** Resolves when everything written so far is in the lane's memory. */
  settled(): Promise<void> {
    return this.#writing
  }

  /** As a web stream. */
  get writable(): WritableStream<Payload> {
    return new WritableStream<Payload>({
      write: (payload) => this.write(payload),
      close: () => this.end(),
    })
  }

  /** Whether one chunk can be written at once, without waiting for room or for earlier writes. */
  #fits(data: Uint8Array): boolean {
    return !this.#failure && data.length <= maxChunkBytes(this.#lane) && this.#writer.hasRoom(this.#lane)
  }

  async #append(data: Uint8Array, codec: 0 | 1 | 2 | 3, signal: AbortSignal | undefined): Promise<void> {
    const limit = maxChunkBytes(this.#lane)
    let offset = 0
    do {
      while (!this.#failure && !this.#writer.hasRoom(this.#lane)) await this.#waiters.wait(signal)
      throwIfAborted(signal)
      if (this.#failure) throw this.#failure
      const end = Math.min(offset + limit, data.length)
      this.#writer.write(this.#lane, data.subarray(offset, end), flagsOf(codec, end < data.length))
      offset = end
    } while (offset < data.length)
  }
}
