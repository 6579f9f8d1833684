import { LIMITS } from "@luxbus/packet"

/**
 * What a bus holds of messages that came in several chunks and are not whole yet. Their chunks count as taken, so that no
 * window bounds them: this does.
 */
export class Assembly {
  #bytes = 0

  /** So many more bytes are held, or less. @returns whether that is within `LIMITS.assembledSessionBytes` */
  add(bytes: number): boolean {
    this.#bytes += bytes
    return this.#bytes <= LIMITS.assembledSessionBytes
  }
}
