import { maxChunkBytes } from "@luxbus/dual-stream"
import { chunkCost, type DataLane, laneName } from "@luxbus/packet"

/** One chunk as it was written. */
export interface WrittenChunk {
  readonly data: Uint8Array
  /** Set on a chunk of a text: the whole text. */
  readonly text: string | undefined
  /** First and last chunk of its message. */
  readonly first: number
  readonly last: number
  /** Sum of the costs of all chunks of the lane up to and with this one. */
  readonly costThrough: number
}

/** What an application wrote on one lane, chunk by chunk: what every reader is held against. */
export class LaneLedger {
  readonly lane: DataLane
  /** The chunk of which a byte is changed on the way, if so. */
  tamperedChunk: number | undefined
  readonly #key: number
  readonly #chunks: WrittenChunk[] = []
  #messages = 0
  #accepted = 0
  #cost = 0

  /** `name` makes the content of this lane different from every other's. */
  constructor(name: string, lane: DataLane) {
    this.lane = lane
    this.#key = [...`${name} ${laneName(lane)}`].reduce(
      (key, letter) => Math.imul(key ^ letter.charCodeAt(0), 16777619),
      7,
    )
  }

  /** Chunks that were written, without the END. */
  get next(): number {
    return this.#chunks.length
  }

  get messages(): number {
    return this.#messages
  }

  /** Everything that was made so far is in the writer's memory, or was. */
  accept(): void {
    this.#accepted = this.#chunks.length
  }

  /** Cost of what the writer has accepted from chunk `number` on. */
  acceptedCostFrom(number: number): number {
    return Math.max(0, this.#costBelow(this.#accepted) - this.#costBelow(Math.min(number, this.#accepted)))
  }

  chunk(number: number): WrittenChunk | undefined {
    return this.#chunks[number]
  }

  /** Makes the next message's bytes, and enters them. */
  bytes(length: number): Uint8Array {
    const data = new Uint8Array(length)
    const key = Math.imul(this.#key ^ this.#messages, 2654435761)
    for (let i = 0; i < length; i++) data[i] = (key >>> (8 * (i & 3))) + i
    this.#enter(data, undefined)
    return data
  }

  /** Makes the next message's text, `length` bytes of it, and enters it. */
  text(length: number): string {
    const text = `${(this.#key >>> 0).toString(36)} ${this.#messages} `.padEnd(length, ".,:;").slice(0, length)
    this.#enter(new TextEncoder().encode(text), text)
    return text
  }

  #enter(data: Uint8Array, text: string | undefined): void {
    this.#messages++
    const limit = maxChunkBytes(this.lane)
    const first = this.#chunks.length
    const last = first + Math.max(1, Math.ceil(data.length / limit)) - 1
    for (let number = first; number <= last; number++) {
      const start = (number - first) * limit
      const part = data.subarray(start, start + limit)
      this.#cost += chunkCost(part.length)
      this.#chunks.push({ data: part, text, first, last, costThrough: this.#cost })
    }
  }

  #costBelow(number: number): number {
    return this.#chunks[number - 1]?.costThrough ?? 0
  }
}
