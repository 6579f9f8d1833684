import type { Clock } from "@luxbus/clock"
import type { BrokerCarrier, StreamEnd } from "@luxbus/dual-stream"
import { BusError, type Fields, type JsonObject, Lane, type MessageReader, toHex } from "@luxbus/packet"
import { fittingPart } from "../fitting-part.ts"
import { assertPublished, HeldMessage } from "../held-message.ts"
import type { MessageChunk } from "../message-chunk.ts"
import { asBusError } from "../when-settled.ts"
import type { Publication, Publications } from "./publications.ts"

export interface AnsweredPublishComponents {
  readonly clock: Clock
  readonly carrier: BrokerCarrier
  readonly address: number
  /** What the session has published. */
  readonly publications: Publications
  /** Tells this broker's numbers from those of one that has forgotten them. */
  readonly incarnation: Uint8Array
  /** Whether it gets receipts. Where not, a message that is refused resets the stream. */
  readonly answers: boolean
  /** Takes a whole message. @returns what its receipt says @throws BusError where it is refused */
  readonly take: (chunks: readonly MessageChunk[]) => JsonObject
  /** The publisher let go, or lost its connection. */
  readonly left: () => void
}

/**
 * One client's publishing, message by message: to a mailbox, or where each is answered by a receipt, which says what
 * became of it or why it was refused. What is repeated after a lost connection is taken once. A turn's receipts go
 * together.
 */
export class AnsweredPublishEnd implements StreamEnd {
  readonly #components: AnsweredPublishComponents
  readonly #publication: Publication
  readonly #held = new HeldMessage()
  #receipts: JsonObject[] = []
  #gone = false

  constructor(components: AnsweredPublishComponents, publication: Publication) {
    this.#components = components
    this.#publication = publication
  }

  frame(frame: MessageReader): void {
    assertPublished(frame)
    const { number } = frame
    if (number < this.#publication.next) {
      const receipt = this.#publication.receipts.get(number)
      if (receipt !== undefined) this.#answer(receipt)
      return
    }
    if (number !== this.#publication.next + this.#held.count) {
      throw new BusError("protocol", "a publisher that is answered leaves out no number")
    }
    const chunks = this.#held.add(frame)
    if (chunks === undefined) return
    const receipt = { number, ...this.#take(chunks) }
    this.#components.publications.answered(this.#publication, number, receipt)
    this.#answer(receipt)
  }

  endRun(): void {}

  pull(): boolean {
    return false
  }

  control(fields: Fields): void {
    const { code } = fields.cancel ?? {}
    if (typeof code === "string") this.detach()
  }

  reset(_error: BusError): void {
    this.detach()
  }

  detach(): void {
    if (this.#gone) return
    this.#gone = true
    this.#held.clear()
    this.#receipts = []
    this.#components.left()
  }

  #take(chunks: readonly MessageChunk[]): JsonObject {
    try {
      return this.#components.take(chunks)
    } catch (error) {
      if (!this.#components.answers) throw error
      return { error: { ...asBusError(error).toJSON() } }
    }
  }

  /** Behind what this turn does with the message: at the end of it. */
  #answer(receipt: JsonObject): void {
    if (!this.#components.answers) return
    if (this.#receipts.length === 0) this.#components.clock.defer(() => this.#flush())
    this.#receipts.push(receipt)
  }

  #flush(): void {
    const receipts = this.#receipts
    this.#receipts = []
    for (let told = 0; told < receipts.length; ) {
      const part = fittingPart(receipts, told, (receipt) => receipt)
      told += part.length
      this.#state(part)
    }
  }

  #state(receipts: readonly JsonObject[]): void {
    const { carrier, address, incarnation } = this.#components
    carrier.control(address, 0, { lane: Lane.main, receipt: { incarnation: toHex(incarnation), receipts } })
  }
}
