import type { Carrier } from "@luxbus/dual-stream"
import { assertSubject, BusError, type Codec, chunkCost, flagsOf, LIMITS, WRITER_LIMITS } from "@luxbus/packet"
import { createDataLanes } from "./data-lanes.ts"
import { PublishStream, type QueuedChunk } from "./publish-stream.ts"
import type { SessionPart } from "./session-part.ts"

/** Cost of what may wait to be published over all subjects; beyond it `publish` asks its caller to wait. */
export const PUBLISH_QUEUE_BYTES: number = WRITER_LIMITS.sendMemoryBytes

/**
 * What a session publishes: one stream per subject, the least recently used forgotten beyond
 * {@link WRITER_LIMITS}.publishAliases. At most once: a message is kept until the connection has taken it, not longer.
 *
 * Ordering: per subject. Loss: what the connection had taken and did not deliver, and the rest of a message whose
 * beginning it had; what waited goes out on the next connection.
 */
export class Publisher implements SessionPart {
  readonly createDataLanes = createDataLanes
  readonly #nextSeq: () => Uint8Array
  readonly #onRoom: () => void
  /** By subject, the least recently used first. */
  readonly #streams = new Map<string, PublishStream>()
  #latest: PublishStream | undefined
  #carrier: Carrier | undefined
  #queuedCost = 0
  #wantsRoom = false
  readonly #events = { taken: (cost: number) => this.#taken(cost) }

  /**
   * @param nextSeq names each new stream of the session
   * @param onRoom there is room again after `publish` returned false
   */
  constructor(nextSeq: () => Uint8Array, onRoom: () => void) {
    this.#nextSeq = nextSeq
    this.#onRoom = onRoom
  }

  /** Subjects on which something waits for the connection. */
  get activeCount(): number {
    let count = 0
    for (const stream of this.#streams.values()) if (!stream.idle) count++
    return count
  }

  /** Cost of what waits for the connection. */
  get queuedCost(): number {
    return this.#queuedCost
  }

  /**
   * Publishes one message, in chunks where it is large. The bytes are kept, not copied, until they are sent.
   * @returns whether there is room for more; if not, wait for `onRoom`
   * @throws BusError `invalid_argument` for what is no subject; `too_large` beyond
   * {@link LIMITS}.applicationMessageBytes; once, what the broker refused this subject with: that message is not
   * published, nor were those that waited, and the next one tries again
   */
  publish(subject: string, data: Uint8Array, codec: Codec): boolean {
    const stream = this.#streamOf(subject)
    if (data.length <= WRITER_LIMITS.chunkBytes) this.#push(stream, { data, flags: flagsOf(codec, false) })
    else for (const chunk of chunksOf(data, codec)) this.#push(stream, chunk)
    if (this.#queuedCost < PUBLISH_QUEUE_BYTES) return true
    this.#wantsRoom = true
    return false
  }

  /** There is a connection: what waits goes out on it. */
  attach(carrier: Carrier): void {
    this.#carrier = carrier
    for (const stream of this.#streams.values()) if (!stream.idle) stream.announce(carrier)
  }

  /** The connection is gone. */
  detached(): void {
    this.#carrier = undefined
  }

  /** The session is over: what waits is dropped. */
  close(error: BusError): void {
    this.#carrier = undefined
    this.#wantsRoom = false
    for (const stream of this.#streams.values()) stream.reset(error)
    this.#streams.clear()
    this.#latest = undefined
  }

  #push(stream: PublishStream, chunk: QueuedChunk): void {
    this.#queuedCost += chunkCost(chunk.data.length)
    stream.push(chunk, this.#carrier)
  }

  #streamOf(subject: string): PublishStream {
    const latest = this.#latest
    const known = latest?.subject === subject ? latest : this.#streams.get(subject)
    if (known?.refusal !== undefined) this.#throwRefusal(known, known.refusal)
    if (known !== undefined && known === latest) return known
    const stream = known ?? this.#newStream(subject)
    this.#streams.delete(subject)
    this.#streams.set(subject, stream)
    this.#latest = stream
    if (this.#streams.size > WRITER_LIMITS.publishAliases) this.#forgetOldest()
    return stream
  }

  /** A subject is checked once, not with each message. */
  #newStream(subject: string): PublishStream {
    assertSubject(subject)
    return new PublishStream(subject, this.#nextSeq(), this.#events)
  }

  #throwRefusal(stream: PublishStream, refusal: BusError): never {
    this.#streams.delete(stream.subject)
    if (this.#latest === stream) this.#latest = undefined
    throw refusal
  }

  #forgetOldest(): void {
    for (const [subject, stream] of this.#streams) {
      if (!stream.idle || stream === this.#latest) continue
      this.#streams.delete(subject)
      stream.release()
      return
    }
  }

  #taken(cost: number): void {
    this.#queuedCost -= cost
    if (!this.#wantsRoom || this.#queuedCost > PUBLISH_QUEUE_BYTES / 2) return
    this.#wantsRoom = false
    this.#onRoom()
  }
}

/**
 * A message in chunks: views, not copies.
 * @throws BusError `too_large` beyond {@link LIMITS}.applicationMessageBytes
 */
export function chunksOf(data: Uint8Array, codec: Codec): QueuedChunk[] {
  if (data.length > LIMITS.applicationMessageBytes) {
    throw new BusError("too_large", `A message has at most ${LIMITS.applicationMessageBytes} bytes.`, {
      details: { bytes: data.length, limit: LIMITS.applicationMessageBytes },
    })
  }
  if (data.length <= WRITER_LIMITS.chunkBytes) return [{ data, flags: flagsOf(codec, false) }]
  const chunks: QueuedChunk[] = []
  for (let offset = 0; offset < data.length; offset += WRITER_LIMITS.chunkBytes) {
    const end = Math.min(offset + WRITER_LIMITS.chunkBytes, data.length)
    chunks.push({ data: data.subarray(offset, end), flags: flagsOf(codec, end < data.length) })
  }
  return chunks
}
