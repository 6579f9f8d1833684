import { BusError, ChunkFlag, FrameType, Lane, LIMITS, type MessageReader } from "@luxbus/packet"
import type { MessageChunk } from "./message-chunk.ts"

/** What the fields origin and subject take at most: the length of the fields, and a header and a name of each. */
const NAMING_BYTES = 2 + 2 * (3 + LIMITS.nameBytes)
const MAX_CHUNK_BYTES = LIMITS.framePayloadBytes - NAMING_BYTES
/** A message of empty chunks is bounded too. */
const MAX_CHUNKS = LIMITS.applicationMessageBytes / LIMITS.chunkOverheadCost

/** A message of a publisher that is not whole yet: its chunks must not interleave with those of others. */
export class HeldMessage {
  #chunks: MessageChunk[] = []
  #bytes = 0

  /** How many chunks are there. */
  get count(): number {
    return this.#chunks.length
  }

  /**
   * Adds a chunk, as a copy.
   * @returns all of the message's, where this was the last one
   * @throws BusError `too_large`
   */
  add(frame: MessageReader): readonly MessageChunk[] | undefined {
    this.#bytes += frame.dataBytes
    const limit = LIMITS.applicationMessageBytes
    if (this.#bytes > limit || this.#chunks.length === MAX_CHUNKS) throw tooLarge(limit)
    this.#chunks.push({ flags: frame.flags, data: frame.data().slice() })
    if ((frame.flags & ChunkFlag.more) !== 0) return undefined
    const chunks = this.#chunks
    this.clear()
    return chunks
  }

  /** Lets go of what is there. */
  clear(): void {
    this.#chunks = []
    this.#bytes = 0
  }
}

/**
 * Checks a frame of a publisher.
 * @throws BusError `protocol` where it is no chunk of the main lane; `too_large`
 */
export function assertPublished(frame: MessageReader): void {
  if (frame.lane !== Lane.main || frame.type !== FrameType.chunk) {
    throw new BusError("protocol", "a publisher sends chunks of the main lane only")
  }
  if (frame.dataBytes > MAX_CHUNK_BYTES) throw tooLarge(MAX_CHUNK_BYTES)
}

function tooLarge(limit: number): BusError {
  return new BusError("too_large", "a message or chunk is larger than a topic takes", { details: { limit } })
}
