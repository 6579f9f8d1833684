import { BusError, mailboxSubject, recipientOf } from "@luxbus/packet"
import { type ClientSession, formatCursor, type Receipt, ReceiptPublisher } from "@luxbus/session"
import { abortError, throwIfAborted } from "../abort.ts"
import type { EncodedPayload } from "../payload.ts"
import { Waiters } from "../waiters.ts"

/** What the broker says of a message that it has put into a topic. */
export interface PublishReceipt {
  /** Where the topic goes on after it: `subscribe(subject, { from: cursor })` begins with the next message. */
  readonly cursor: string
  /** Readers of the subject at that moment, a group as one. */
  readonly subscribers: number
}

/** What the broker says of a message for one client. */
export interface SendReceipt {
  /** `delivered`: a reader that is connected has been given it; `queued`: it waits for one. Neither says that it was handled. */
  readonly state: "delivered" | "queued"
}

export interface ReceiptsComponents {
  readonly session: ClientSession
  readonly nextSeq: () => Uint8Array
}

/** What a client publishes and sends with receipts: loaded when it first does. */
export class Receipts {
  readonly #publisher: ReceiptPublisher
  readonly #room = new Waiters()

  /** @throws BusError `closed`, or what ended the session */
  constructor({ session, nextSeq }: ReceiptsComponents) {
    this.#publisher = new ReceiptPublisher(nextSeq, () => this.#room.wake())
    session.addPart(this.#publisher)
  }

  /** See `Bus.publish` with `receipt`. */
  async publish(subject: string, encoded: EncodedPayload, signal: AbortSignal | undefined): Promise<PublishReceipt> {
    if (recipientOf(subject) !== undefined) {
      throw new BusError("invalid_argument", `To a mailbox is sent, not published: "${subject}".`)
    }
    const receipt = await this.#ask(subject, encoded, signal)
    if (receipt.type !== "published") throw notAsked()
    const { epoch, incarnation, next, subscribers } = receipt
    return { cursor: formatCursor({ epoch, incarnation, main: next, error: 0 }), subscribers }
  }

  /** See `Bus.send`. */
  async send(to: string, encoded: EncodedPayload, signal: AbortSignal | undefined): Promise<SendReceipt> {
    const receipt = await this.#ask(mailboxSubject(to), encoded, signal)
    if (receipt.type !== "sent") throw notAsked()
    return { state: receipt.state }
  }

  /** The session is over: whoever waits for room hears of it. */
  closed(error: BusError): void {
    this.#room.fail(error)
  }

  async #ask(subject: string, encoded: EncodedPayload, signal: AbortSignal | undefined): Promise<Receipt> {
    throwIfAborted(signal)
    while (!this.#publisher.hasRoom) await this.#room.wait(signal)
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (signal !== undefined) reject(abortError(signal))
      }
      const done = () => signal?.removeEventListener("abort", onAbort)
      this.#publisher.publish(subject, encoded.data, encoded.codec, {
        settle: (receipt) => {
          done()
          resolve(receipt)
        },
        fail: (error) => {
          done()
          reject(error)
        },
      })
      signal?.addEventListener("abort", onAbort)
    })
  }
}

function notAsked(): BusError {
  return new BusError("protocol", "The broker answered what was not asked.")
}
