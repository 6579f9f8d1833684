import { createHash } from "node:crypto"

/** Counts and digests one lane's bytes as they come. */
export class LaneDigest {
  readonly #hash = createHash("sha256")
  bytes = 0

  add(data: Uint8Array): void {
    this.#hash.update(data)
    this.bytes += data.length
  }

  /** SHA-256 in hex. Call it once, at the end. */
  sha256(): string {
    return this.#hash.digest("hex")
  }
}
