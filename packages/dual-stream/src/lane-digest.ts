import { BusError, type DataLane, type Fields, laneName, sameBytes } from "@luxbus/packet"
import type { Hash } from "./hash.ts"

/** The running digest of a lane that arrives, checked against what its END says. */
export class LaneDigest {
  readonly #lane: DataLane
  #hash: Hash | undefined
  #totalBytes = 0

  /** @param hash undefined where the lane is not read from its start */
  constructor(lane: DataLane, hash: Hash | undefined) {
    this.#lane = lane
    this.#hash = hash
  }

  update(data: Uint8Array): void {
    this.#hash?.update(data)
    this.#totalBytes += data.length
  }

  /** Bytes will be missing: nothing can be checked any more. */
  lose(): void {
    this.#hash = undefined
  }

  /**
   * Compares the END's totals and digest. A lane of one chunk bears no digest: its length is enough.
   * @returns whether they could be checked
   * @throws BusError `protocol` where they do not agree
   */
  verify(endNumber: number, fields: Fields): boolean {
    const hash = this.#hash
    if (hash === undefined) return false
    this.#hash = undefined
    const { total, sha256 } = fields
    const agrees =
      (sha256 === undefined || sameBytes(hash.digest(), sha256)) && (total ?? this.#totalBytes) === this.#totalBytes
    if (!agrees) {
      throw new BusError("protocol", `The ${laneName(this.#lane)} lane's bytes do not agree with its digest.`, {
        details: { totalBytes: this.#totalBytes, stated: total ?? null },
      })
    }
    return sha256 !== undefined || (total !== undefined && endNumber <= 1)
  }
}
