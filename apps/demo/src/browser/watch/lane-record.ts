import { toHex } from "@luxbus/packet"
import type { Hash } from "./create-hash.ts"

/** What a viewer knows of one lane. */
export class LaneRecord {
  readonly #hash: Hash
  #bytes = 0
  #chunks = 0
  #droppedBytes = 0
  #incomplete = false
  #digest: string | undefined

  constructor(hash: Hash) {
    this.#hash = hash
  }

  /** Bytes seen. */
  get bytes(): number {
    return this.#bytes
  }

  /** Payloads seen. */
  get chunks(): number {
    return this.#chunks
  }

  /** Bytes that were seen and are no longer kept. */
  get droppedBytes(): number {
    return this.#droppedBytes
  }

  /** SHA-256 of all its bytes, in hex, once it is sealed; undefined where some of them were never seen. */
  get digest(): string | undefined {
    return this.#digest
  }

  take(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#chunks++
    this.#hash.update(bytes)
  }

  /** Bytes that were seen before, elsewhere, and are not here. */
  omit(bytes: number): void {
    if (bytes === 0) return
    this.#bytes += bytes
    this.#droppedBytes += bytes
    this.#incomplete = true
  }

  drop(bytes: number): void {
    this.#droppedBytes += bytes
  }

  markIncomplete(): void {
    this.#incomplete = true
  }

  /** Nothing more will come. Idempotent. */
  seal(): void {
    if (this.#digest === undefined && !this.#incomplete) this.#digest = toHex(this.#hash.digest())
  }
}
