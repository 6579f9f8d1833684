import { BROKER_LIMITS, BusError } from "@luxbus/packet"

/** Of what all mailboxes may hold: so that one sender that nobody answers does not fill them for all others. */
const SENDER_SHARE = 0.05

/** What the letters of all mailboxes take together, and of each sender. */
export class Budget {
  readonly #bySender = new Map<string, number>()
  #cost = 0

  /** What all take, in cost. */
  get cost(): number {
    return this.#cost
  }

  /** @throws BusError `mailbox_full` where there is no room for so much more of this sender */
  assertRoom(sender: string, cost: number): void {
    if (this.#cost + cost > BROKER_LIMITS.brokerMailboxBytes)
      throw mailboxFull("broker", BROKER_LIMITS.brokerMailboxBytes)
    const limit = BROKER_LIMITS.brokerMailboxBytes * SENDER_SHARE
    if ((this.#bySender.get(sender) ?? 0) + cost > limit) throw mailboxFull("sender", limit)
  }

  /** A letter is kept. */
  add(sender: string, cost: number): void {
    this.#cost += cost
    this.#bySender.set(sender, (this.#bySender.get(sender) ?? 0) + cost)
  }

  /** A letter is kept no longer. */
  remove(sender: string, cost: number): void {
    this.#cost -= cost
    const left = (this.#bySender.get(sender) ?? 0) - cost
    if (left > 0) this.#bySender.set(sender, left)
    else this.#bySender.delete(sender)
  }
}

/** @param bound what is full: the mailbox by `messages` or `bytes`, the `sender`'s share, or the whole `broker` */
export function mailboxFull(bound: "messages" | "bytes" | "sender" | "broker", limit: number): BusError {
  return new BusError("mailbox_full", "The mailbox is full.", { details: { bound, limit } })
}
