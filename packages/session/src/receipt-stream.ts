import { type Carrier, type FrameOutput, type StreamEnd, startIds } from "@luxbus/dual-stream"
import {
  BusError,
  type Fields,
  isJsonObject,
  type JsonObject,
  Lane,
  type MessageReader,
  StreamKind,
} from "@luxbus/packet"
import type { QueuedChunk } from "./publish-stream.ts"

/** One message that waits for its receipt. */
export interface UnansweredMessage {
  readonly chunks: readonly QueuedChunk[]
  readonly cost: number
  /** The broker has said what became of it. */
  readonly settle: (receipt: Receipt) => void
  /** The broker refused it, or the session is over. */
  readonly fail: (error: BusError) => void
}

/** What became of a message. */
export type Receipt =
  /** It is in the topic, which goes on after it at `next`, and had so many subscribers then. */
  | {
      readonly type: "published"
      readonly epoch: number
      readonly incarnation: string
      readonly next: number
      readonly subscribers: number
    }
  /** It is in a mailbox; `delivered`: a connected reader has been given it. */
  | { readonly type: "sent"; readonly state: "delivered" | "queued" }

/**
 * What a session publishes on one subject with receipts: kept until it is answered, and repeated on each new connection
 * from the first message that is not.
 */
export class ReceiptStream implements StreamEnd {
  readonly subject: string
  readonly #seq: Uint8Array
  readonly #answered: (message: UnansweredMessage) => void
  /** By the number of the last chunk, the oldest first. */
  readonly #unanswered = new Map<number, UnansweredMessage>()
  #next = 0
  #carrier: Carrier | undefined
  #address = 0
  /** What this connection has not got yet, and the chunk of its first message that comes next. */
  #unsent: UnansweredMessage[] = []
  #unsentAt = 0
  #chunkAt = 0
  /** The number that this connection gets next. */
  #sendNext = 0

  /** @param answered a message is answered, or failed: it waits no longer */
  constructor(subject: string, seq: Uint8Array, answered: (message: UnansweredMessage) => void) {
    this.subject = subject
    this.#seq = seq
    this.#answered = answered
  }

  /** Messages that wait for their receipt. */
  get unansweredCount(): number {
    return this.#unanswered.size
  }

  /** Queues a message; it goes out on `carrier`, or on the next connection. */
  push(message: UnansweredMessage, carrier: Carrier | undefined): void {
    this.#next += message.chunks.length
    this.#unanswered.set(this.#next - 1, message)
    if (carrier === undefined) return
    if (carrier !== this.#carrier) {
      this.announce(carrier)
      return
    }
    this.#unsent.push(message)
    carrier.wake(this.#address, Lane.main)
  }

  /** Starts the stream on a connection, with everything that is not answered. */
  announce(carrier: Carrier): void {
    this.#carrier = carrier
    this.#address = carrier.allocate(this)
    this.#unsent = [...this.#unanswered.values()]
    this.#unsentAt = 0
    this.#chunkAt = 0
    this.#sendNext = this.#first()
    carrier.start(
      this.#address,
      { ...startIds(this.subject), epoch: 0 },
      {
        kind: StreamKind.publish,
        name: this.subject,
        seq: this.#seq,
        receipts: true,
        ...(this.#sendNext > 0 && { mainFirst: this.#sendNext }),
      },
    )
    if (this.#unsent.length > 0) carrier.wake(this.#address, Lane.main)
  }

  /** The broker may forget the alias. */
  release(): void {
    this.#carrier?.reset(this.#address, new BusError("closed", "Nothing was published on this subject for a while."))
    this.#carrier = undefined
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane !== Lane.main) return false
    for (let message = this.#unsent[this.#unsentAt]; message !== undefined; message = this.#unsent[this.#unsentAt]) {
      for (; this.#chunkAt < message.chunks.length; this.#chunkAt++) {
        const chunk = message.chunks[this.#chunkAt]
        if (chunk === undefined) break
        if (output.room <= 0) return true
        output.chunk(lane, chunk.flags, 0, this.#sendNext++, chunk.data)
      }
      this.#chunkAt = 0
      this.#unsentAt++
    }
    this.#unsent = []
    this.#unsentAt = 0
    return false
  }

  /** @throws BusError `protocol` for receipts that cannot be read */
  control({ receipt }: Fields): void {
    if (receipt === undefined) return
    const { incarnation, receipts }: JsonObject = receipt
    if (!Array.isArray(receipts)) throw notReadable()
    for (const one of receipts) {
      if (!isJsonObject(one)) throw notReadable()
      const number = Number(one["number"])
      const message = this.#unanswered.get(number)
      if (message === undefined) continue
      const became = readReceipt(one, incarnation)
      this.#unanswered.delete(number)
      this.#answered(message)
      if (became instanceof BusError) message.fail(became)
      else message.settle(became)
    }
  }

  /** The broker refuses the subject, or the session is over: everything fails. */
  reset(error: BusError): void {
    this.#carrier = undefined
    this.#unsent = []
    const messages = [...this.#unanswered.values()]
    this.#unanswered.clear()
    for (const message of messages) {
      this.#answered(message)
      message.fail(error)
    }
  }

  detach(): void {
    this.#carrier = undefined
  }

  frame(_frame: MessageReader): void {
    throw new BusError("protocol", "Nobody writes on a subject to its publisher.")
  }

  endRun(): void {}

  /** The first chunk of the oldest message that is not answered. */
  #first(): number {
    for (const [last, { chunks }] of this.#unanswered) return last + 1 - chunks.length
    return this.#next
  }
}

function readReceipt(receipt: JsonObject, incarnation: unknown): Receipt | BusError {
  const { error, state, epoch, next, subscribers }: { readonly [name: string]: unknown } = receipt
  if (error !== undefined) return BusError.fromJSON(error)
  if (state === "delivered" || state === "queued") return { type: "sent", state }
  if (
    typeof incarnation === "string" &&
    Number.isSafeInteger(epoch) &&
    Number.isSafeInteger(next) &&
    Number.isSafeInteger(subscribers)
  ) {
    return {
      type: "published",
      epoch: Number(epoch),
      incarnation,
      next: Number(next),
      subscribers: Number(subscribers),
    }
  }
  throw notReadable()
}

function notReadable(): BusError {
  return new BusError("protocol", "What was said of published messages cannot be read.")
}
