import { BROKER_LIMITS, type JsonObject, WRITER_LIMITS } from "@luxbus/packet"
import { Ring } from "@luxbus/stream-memory"

/** What is known of one stream of published messages that are answered by receipts. */
export class Publication {
  /** The number of the next chunk of the next message: those below have been taken. */
  next: number
  /** Receipts that the publisher may not have got, by the number of the message's last chunk. */
  readonly receipts = new Map<number, JsonObject>()

  constructor(next: number) {
    this.next = next
  }
}

/**
 * What one session has published with receipts: over all its connections, so that what it repeats after a lost one is
 * taken once, and answered as before.
 */
export class Publications {
  /** By the stream's seq, the one used longest ago first. */
  readonly #bySeq = new Map<string, Publication>()
  /** Each receipt that is kept, the oldest first. */
  readonly #kept = new Ring<{ readonly publication: Publication; readonly number: number }>()

  /**
   * The stream of this seq.
   * @param first the lowest number that its publisher still holds: where one begins that is not known
   */
  of(seq: string, first: number): Publication {
    const publication = this.#bySeq.get(seq) ?? new Publication(first)
    publication.next = Math.max(publication.next, first)
    this.#bySeq.delete(seq)
    this.#bySeq.set(seq, publication)
    for (const oldest of this.#bySeq.keys()) {
      if (this.#bySeq.size <= WRITER_LIMITS.publishAliases) break
      this.#bySeq.delete(oldest)
    }
    return publication
  }

  /** A message was taken, or refused: `number` is that of its last chunk. A publisher lacks no more than the last so many receipts. */
  answered(publication: Publication, number: number, receipt: JsonObject): void {
    publication.next = number + 1
    publication.receipts.set(number, receipt)
    this.#kept.push({ publication, number })
    if (this.#kept.length <= BROKER_LIMITS.unansweredMessages) return
    const oldest = this.#kept.shift()
    oldest?.publication.receipts.delete(oldest.number)
  }
}
