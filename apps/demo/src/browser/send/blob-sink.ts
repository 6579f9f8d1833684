import type { FileSink } from "@luxbus/file-transfer"

/** Bytes are handed to the browser in pieces of this size: it may put those on disk, and the page holds no more. */
const PIECE_BYTES = 8 * 1024 * 1024

/** A file that arrives, out of the page's own memory as soon as may be; a tab holds it until somebody saves it. */
export class BlobSink implements FileSink<Blob> {
  #blobs: Blob[] = []
  #parts: Uint8Array<ArrayBuffer>[] = []
  #partBytes = 0

  write(bytes: Uint8Array): void {
    // What came off a socket is never shared memory, which is what the types fear.
    this.#parts.push(bytes as Uint8Array<ArrayBuffer>)
    this.#partBytes += bytes.length
    if (this.#partBytes >= PIECE_BYTES) this.#handOver()
  }

  commit(): Blob {
    this.#handOver()
    return new Blob(this.#blobs)
  }

  discard(): void {
    this.#blobs = []
    this.#parts = []
  }

  #handOver(): void {
    this.#blobs.push(new Blob(this.#parts))
    this.#parts = []
    this.#partBytes = 0
  }
}
