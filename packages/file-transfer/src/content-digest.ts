import { platformSha256 } from "@luxbus/client"
import { toHex } from "@luxbus/packet"
import type { FileDigest } from "./file-offer.ts"

/** Counts and digests a file's content as it passes. */
export class ContentDigest {
  readonly #hash = platformSha256()()
  #bytes = 0

  /** Bytes that have passed. */
  get bytes(): number {
    return this.#bytes
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
  }

  /** What was found. Call it once, at the end. */
  finish(): FileDigest {
    return { sha256: toHex(this.#hash.digest()), bytes: this.#bytes }
  }
}

/** Whether both ends found the same. */
export function isSameDigest(one: FileDigest, other: FileDigest): boolean {
  return one.sha256 === other.sha256 && one.bytes === other.bytes
}
