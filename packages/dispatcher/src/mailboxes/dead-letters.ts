import { BROKER_LIMITS, type JsonObject } from "@luxbus/packet"
import type { DeathReason, Mail } from "./mailbox.ts"

interface DeadLetter {
  readonly mail: Mail
  readonly reason: DeathReason
  /** Unix ms. */
  readonly deadAtMs: number
}

/** Those of one client. */
interface Pile {
  /** By the letter's id, the oldest first. */
  readonly letters: Map<number, DeadLetter>
  cost: number
  /** How many went for want of room. */
  dropped: number
}

/**
 * Letters that were given up, by who they were for: listed, and sent again on request. Of each client as much as a
 * mailbox holds, and of all as much as all mailboxes; beyond it the oldest goes, counted.
 */
export class DeadLetters {
  readonly #piles = new Map<string, Pile>()
  /** Of all piles, the oldest first. */
  readonly #all = new Map<number, DeadLetter>()
  #cost = 0

  /** Letters, of all clients. */
  get count(): number {
    return this.#all.size
  }

  /** The clients that have some. */
  get recipients(): Iterable<string> {
    return this.#piles.keys()
  }

  /** @param deadAtMs Unix ms */
  add(mail: Mail, reason: DeathReason, deadAtMs: number): void {
    const { id, to, cost } = mail.letter
    const pile = this.#piles.get(to) ?? { letters: new Map(), cost: 0, dropped: 0 }
    const letter: DeadLetter = { mail, reason, deadAtMs }
    this.#piles.set(to, pile)
    pile.letters.set(id, letter)
    pile.cost += cost
    this.#all.set(id, letter)
    this.#cost += cost
    while (pile.letters.size > BROKER_LIMITS.mailboxPackets || pile.cost > BROKER_LIMITS.mailboxBytes) {
      this.#dropOldest(pile.letters)
    }
    while (this.#cost > BROKER_LIMITS.brokerMailboxBytes) this.#dropOldest(this.#all)
  }

  /** How many one client has, and how many it had beyond the bounds. */
  countOf(to: string): { readonly count: number; readonly dropped: number } {
    const pile = this.#piles.get(to)
    return { count: pile?.letters.size ?? 0, dropped: pile?.dropped ?? 0 }
  }

  /** Those of one client, the oldest first. */
  list(to: string): JsonObject[] {
    return Array.from(this.#piles.get(to)?.letters.values() ?? [], ({ mail, reason, deadAtMs }) => {
      const { id, from, sentAtMs } = mail.letter
      const bytes = mail.chunks.reduce((sum, { data }) => sum + data.length, 0)
      return { id, from, to, sentAtMs, deadAtMs, reason, attempts: mail.earlierAttempts, bytes }
    })
  }

  /** Those of one client, or the one of this id, the oldest first. */
  of(to: string, id: number | undefined): Mail[] {
    const letters = this.#piles.get(to)?.letters ?? new Map<number, DeadLetter>()
    const wanted = id === undefined ? [...letters.values()] : [letters.get(id)]
    return wanted.flatMap((letter) => (letter === undefined ? [] : [letter.mail]))
  }

  /** Takes one out. */
  remove({ letter: { id, to, cost } }: Mail): void {
    const pile = this.#piles.get(to)
    if (pile === undefined || !pile.letters.delete(id)) return
    pile.cost -= cost
    this.#all.delete(id)
    this.#cost -= cost
    if (pile.letters.size === 0) this.#piles.delete(to)
  }

  #dropOldest(letters: Map<number, DeadLetter>): void {
    for (const { mail } of letters.values()) {
      const pile = this.#piles.get(mail.letter.to)
      if (pile !== undefined) pile.dropped++
      this.remove(mail)
      return
    }
  }
}
