import type { Carrier } from "@luxbus/dual-stream"
import { assertSubject, BROKER_LIMITS, type BusError, type Codec, LIMITS, WRITER_LIMITS } from "@luxbus/packet"
import { createDataLanes } from "./data-lanes.ts"
import { chunksOf } from "./publisher.ts"
import { type Receipt, ReceiptStream, type UnansweredMessage } from "./receipt-stream.ts"
import type { SessionPart } from "./session-part.ts"

/** Who hears what became of a message. */
export interface ReceiptListener {
  readonly settle: (receipt: Receipt) => void
  /** With what the broker refused it, or ended the session: in the latter case it may have been taken nevertheless. */
  readonly fail: (error: BusError) => void
}

/**
 * What a session publishes with receipts: one stream per subject. A message is kept until the broker has said what became
 * of it, and repeated on each new connection; a broker that knows the session takes it once.
 *
 * Ordering: per subject. Loss: none while the session lives. Duplication: where a broker that has taken it is gone before
 * its receipt arrived. Backpressure: {@link hasRoom}.
 */
export class ReceiptPublisher implements SessionPart {
  readonly createDataLanes = createDataLanes
  readonly #nextSeq: () => Uint8Array
  readonly #onRoom: () => void
  /** By subject, the least recently used first. */
  readonly #streams = new Map<string, ReceiptStream>()
  readonly #answered = (message: UnansweredMessage): void => this.#gone(message)
  #carrier: Carrier | undefined
  #count = 0
  #cost = 0

  /**
   * @param nextSeq names each new stream of the session
   * @param onRoom there is room again
   */
  constructor(nextSeq: () => Uint8Array, onRoom: () => void) {
    this.#nextSeq = nextSeq
    this.#onRoom = onRoom
  }

  /** Messages that are not answered yet. */
  get activeCount(): number {
    return this.#count
  }

  /** Whether another message may be published: fewer than 1 024, and 4 MiB, are not answered. */
  get hasRoom(): boolean {
    return this.#count < BROKER_LIMITS.unansweredMessages && this.#cost < WRITER_LIMITS.sendMemoryBytes
  }

  /**
   * Publishes one message. The bytes are kept, not copied, until it is answered. Only where it {@link hasRoom}.
   * @throws BusError `invalid_argument` for what is no subject; `too_large`
   */
  publish(subject: string, data: Uint8Array, codec: Codec, listener: ReceiptListener): void {
    const chunks = chunksOf(data, codec)
    const stream = this.#streamOf(subject)
    const message = { chunks, cost: data.length + chunks.length * LIMITS.chunkOverheadCost, ...listener }
    this.#count++
    this.#cost += message.cost
    stream.push(message, this.#carrier)
  }

  attach(carrier: Carrier): void {
    this.#carrier = carrier
    for (const stream of this.#streams.values()) if (stream.unansweredCount > 0) stream.announce(carrier)
  }

  detached(): void {
    this.#carrier = undefined
  }

  close(error: BusError): void {
    this.#carrier = undefined
    for (const stream of this.#streams.values()) stream.reset(error)
    this.#streams.clear()
  }

  #streamOf(subject: string): ReceiptStream {
    const known = this.#streams.get(subject)
    if (known === undefined) assertSubject(subject)
    const stream = known ?? new ReceiptStream(subject, this.#nextSeq(), this.#answered)
    this.#streams.delete(subject)
    this.#streams.set(subject, stream)
    if (this.#streams.size > WRITER_LIMITS.publishAliases) this.#forgetOldest()
    return stream
  }

  #forgetOldest(): void {
    for (const [subject, stream] of this.#streams) {
      if (stream.unansweredCount > 0) continue
      this.#streams.delete(subject)
      stream.release()
      return
    }
  }

  #gone({ cost }: UnansweredMessage): void {
    const hadRoom = this.hasRoom
    this.#count--
    this.#cost -= cost
    if (!hadRoom && this.hasRoom) this.#onRoom()
  }
}
