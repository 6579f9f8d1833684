import type { CreateHash } from "@luxbus/dual-stream"
import { sessionIdOf } from "./session-id.ts"

/** Names the streams that one session creates: its id (32 bytes), then a counter (8 bytes). One for a session. */
export class SeqSource {
  readonly #sessionId: Uint8Array
  #counter: number

  /** @param first the counter of the first name. Default 0 */
  constructor(secret: string, createHash: CreateHash, first = 0) {
    this.#sessionId = sessionIdOf(secret, createHash)
    this.#counter = first
  }

  /** Names the next stream. */
  next(): Uint8Array {
    const seq = new Uint8Array(40)
    seq.set(this.#sessionId.subarray(0, 32))
    const view = new DataView(seq.buffer)
    view.setUint32(32, Math.floor(this.#counter / 0x1_0000_0000))
    view.setUint32(36, this.#counter >>> 0)
    this.#counter++
    return seq
  }
}
