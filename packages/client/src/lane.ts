import { BusError } from "@luxbus/packet"
import type { Payload } from "./payload.ts"
import type { ReadableLane } from "./readable-lane.ts"
import type { WritableLane } from "./writable-lane.ts"

/**
 * One lane of a stream that this side opened or accepted: its writing half, and, of a duplex, the peer's half to read.
 * A hosted stream has nothing to read: reading it throws `invalid_state`.
 */
export class Lane implements AsyncIterable<Payload> {
  readonly #write: WritableLane
  readonly #read: ReadableLane | undefined

  constructor(write: WritableLane, read: ReadableLane | undefined) {
    this.#write = write
    this.#read = read
  }

  /** Whether what was written waits for the reader's credit. */
  get blocked(): boolean {
    return this.#write.blocked
  }

  /** Writes one message; see {@link WritableLane.write}. */
  write(payload: Payload, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.#write.write(payload, options)
  }

  /** Ends this lane; the other goes on. */
  end(): Promise<void> {
    return this.#write.end()
  }

  /** As a web stream to write to. */
  get writable(): WritableStream<Payload> {
    return this.#write.writable
  }

  /** The peer's next payload; undefined at its end. */
  next(signal?: AbortSignal): Promise<Payload | undefined> {
    return this.#reader.next(signal)
  }

  /** The peer's next bytes, at most `size`; undefined at its end. */
  read(size?: number): Promise<Uint8Array | undefined> {
    return this.#reader.read(size)
  }

  /** The peer's next payload if it is there. */
  tryRead(): Payload | undefined {
    return this.#reader.tryRead()
  }

  /** Everything that the peer writes from here on, as bytes. */
  bytes(): Promise<Uint8Array> {
    return this.#reader.bytes()
  }

  /** Everything that the peer writes from here on, as text. */
  text(): Promise<string> {
    return this.#reader.text()
  }

  /** The peer's half as a web stream of bytes. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#reader.readable
  }

  [Symbol.asyncIterator](): AsyncIterator<Payload> {
    return this.#reader[Symbol.asyncIterator]()
  }

  get #reader(): ReadableLane {
    if (this.#read === undefined) {
      throw new BusError("invalid_state", "A hosted stream is read by attach(), not by the side that writes it.")
    }
    return this.#read
  }
}
