import { createHash } from "node:crypto"

/** SHA-256 of both ends of one transfer after another. */
export class TransferDigests {
  #written = createHash("sha256")
  #received = createHash("sha256")
  #active = false

  /** A transfer begins. @param active false where nothing is to be computed: the system does it itself */
  begin(active: boolean): void {
    this.#written = createHash("sha256")
    this.#received = createHash("sha256")
    this.#active = active
  }

  addWritten(chunk: Uint8Array): void {
    if (this.#active) this.#written.update(chunk)
  }

  addReceived(chunk: Uint8Array): void {
    if (this.#active) this.#received.update(chunk)
  }

  /** The transfer is over. @throws Error where the ends differ */
  compare(): void {
    const [written, received] = [this.#written.digest("hex"), this.#received.digest("hex")]
    if (written !== received) throw new Error(`SHA-256 ${written} was written, and ${received} arrived.`)
  }
}
