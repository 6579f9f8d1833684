/** Bytes are handed to the browser in pieces of this size: it may put those on disk, and the page holds no more. */
const PIECE_BYTES = 8 * 1024 * 1024

/** A file that arrives, out of the page's own memory as soon as may be. */
export class BlobParts {
  #blobs: Blob[] = []
  #parts: Uint8Array<ArrayBuffer>[] = []
  #partBytes = 0

  add(part: Uint8Array): void {
    // What came off a socket is never shared memory, which is what the types fear.
    this.#parts.push(part as Uint8Array<ArrayBuffer>)
    this.#partBytes += part.length
    if (this.#partBytes >= PIECE_BYTES) this.#handOver()
  }

  /** All of it. */
  blob(): Blob {
    this.#handOver()
    return new Blob(this.#blobs)
  }

  #handOver(): void {
    this.#blobs.push(new Blob(this.#parts))
    this.#parts = []
    this.#partBytes = 0
  }
}
