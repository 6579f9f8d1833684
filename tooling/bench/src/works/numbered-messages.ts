import { randomFillSync } from "node:crypto"

/**
 * Messages of one size with random content, each with its number in front, so that a receiver sees what is lost, doubled
 * or out of order. A buffer is used again after `poolSize` messages: nothing is allocated while the clock runs.
 */
export class NumberedMessages {
  readonly messageBytes: number
  readonly #pool: readonly Uint8Array[]
  #next = 0

  /** @param poolSize more than are ever under way */
  constructor(messageBytes: number, poolSize: number) {
    this.messageBytes = messageBytes
    this.#pool = Array.from({ length: poolSize }, () => randomFillSync(new Uint8Array(messageBytes)))
  }

  /** How many were taken. */
  get taken(): number {
    return this.#next
  }

  /** The next one. */
  take(): Uint8Array {
    const number = this.#next++
    const message = this.#pool[number % this.#pool.length]
    if (message === undefined) throw new RangeError("A pool holds at least one message.")
    message[0] = number >>> 24
    message[1] = number >>> 16
    message[2] = number >>> 8
    message[3] = number
    return message
  }
}

/** @throws Error unless `message` is the one of this number, in full length */
export function checkNumber(message: Uint8Array, expected: number, messageBytes: number): void {
  const [a = 0, b = 0, c = 0, d = 0] = message
  const number = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
  if (number === expected && message.length === messageBytes) return
  throw new Error(`Message ${number} of ${message.length} bytes came where ${expected} of ${messageBytes} was due.`)
}
