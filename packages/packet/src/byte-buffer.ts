// The last message is a fair guess of the next one's size; beyond this a guess that fails wastes too much. A batch is
// flushed by the frame that passes 64 KiB: a small one is to fit too, or every full batch would be copied once more.
const MAX_GUESS_BYTES = 66 * 1024
// What the guess is rounded up to: messages of nearly the same size do not grow, and waste no more than this.
const GUESS_STEP_BYTES = 1024

/** Bytes that grow by doubling. What was handed out is never written again. */
export class ByteBuffer {
  readonly #minBytes: number
  #bytes: Uint8Array | undefined
  #nextBytes: number
  length = 0

  /** @param initialBytes what the first write allocates */
  constructor(initialBytes: number) {
    this.#minBytes = Math.max(64, initialBytes)
    this.#nextBytes = this.#minBytes
  }

  /** Makes room for `count` more bytes, and returns the bytes to write them into, at `length`. */
  reserve(count: number): Uint8Array {
    const needed = this.length + count
    const bytes = this.#bytes
    return bytes !== undefined && needed <= bytes.length ? bytes : this.#grow(needed)
  }

  /** Hands the bytes over and starts anew. */
  take(): Uint8Array {
    const bytes = this.#bytes?.subarray(0, this.length) ?? new Uint8Array(0)
    const guess = Math.ceil(this.length / GUESS_STEP_BYTES) * GUESS_STEP_BYTES
    this.#nextBytes = Math.max(this.#minBytes, Math.min(MAX_GUESS_BYTES, guess))
    this.#bytes = undefined
    this.length = 0
    return bytes
  }

  #grow(needed: number): Uint8Array {
    const grown = new Uint8Array(Math.max(needed, this.#bytes === undefined ? this.#nextBytes : this.#bytes.length * 2))
    if (this.#bytes !== undefined) grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    return grown
  }
}
