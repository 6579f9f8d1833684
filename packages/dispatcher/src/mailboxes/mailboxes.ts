import type { Clock, Timer } from "@luxbus/clock"
import { BusError, chunkCost, type JsonObject, mailboxSubject } from "@luxbus/packet"
import type { Epochs } from "../epochs.ts"
import { type MemberName, type MemberRequest, memberName, type SessionMembers } from "../groups/session-members.ts"
import type { MessageChunk } from "../message-chunk.ts"
import { asBusError } from "../when-settled.ts"
import { Budget } from "./budget.ts"
import { DeadLetters } from "./dead-letters.ts"
import { type Mail, Mailbox } from "./mailbox.ts"

export interface MailboxesComponents {
  readonly clock: Clock
  readonly epochs: Epochs
  readonly incarnation: Uint8Array
  readonly members: SessionMembers
}

export interface MailboxesOptions {
  /** How long a letter waits for its recipient. */
  readonly ttlMs: number
}

/** What is looked for so often is late by no more, which no recipient notices. */
const EXPIRE_EVERY_MS = 1_000

/** Clients that a broker remembers to have connected; the one that was first noted is forgotten for another. */
const MAX_KNOWN = 100_000

/**
 * What is kept for clients that are away: single messages, for whoever has connected to this broker before. Bounded by
 * count, bytes and time for each, and by bytes over all and for each sender; who would pass a bound is refused, and
 * nothing that was taken is dropped: what nobody came for becomes a dead letter.
 */
export class Mailboxes {
  readonly #components: MailboxesComponents
  readonly #options: MailboxesOptions
  readonly #known = new Set<string>()
  readonly #byRecipient = new Map<string, Mailbox>()
  readonly #budget = new Budget()
  readonly #deadLetters = new DeadLetters()
  #nextLetter = 1
  #timer: Timer | undefined

  constructor(components: MailboxesComponents, options: MailboxesOptions) {
    this.#components = components
    this.#options = options
  }

  /** Letters that are kept, dead ones not counted. */
  get letterCount(): number {
    let count = 0
    for (const mailbox of this.#byRecipient.values()) count += mailbox.count
    return count
  }

  get deadLetterCount(): number {
    return this.#deadLetters.count
  }

  /** What all letters take, in cost. */
  get cost(): number {
    return this.#budget.cost
  }

  /** A client has connected: from now on letters are kept for it. */
  note(clientId: string): void {
    if (this.#known.has(clientId)) return
    this.#known.add(clientId)
    for (const oldest of this.#known) {
      if (this.#known.size <= MAX_KNOWN) break
      this.#known.delete(oldest)
    }
  }

  /**
   * Takes a message for a client.
   * @returns `delivered` where a connected reader of it has been given it, else `queued`
   * @throws BusError `unknown_stream` where no such client has connected yet; `mailbox_full`
   */
  send(to: string, from: string, chunks: readonly MessageChunk[]): "delivered" | "queued" {
    if (!this.#known.has(to)) {
      throw new BusError("unknown_stream", `Nobody has connected as "${to}" yet.`, { details: { to } })
    }
    const cost = chunks.reduce((sum, { data }) => sum + chunkCost(data.length), 0)
    const letter = { id: this.#nextLetter, to, from, sentAtMs: this.#components.clock.wallNow(), cost, expiresAtMs: 0 }
    const isDelivered = this.#put({ type: "message", origin: from, chunks, earlierAttempts: 0, letter })
    this.#nextLetter++
    return isDelivered ? "delivered" : "queued"
  }

  /**
   * Makes a client's session a reader of its mailbox, or brings the reader to the connection.
   * @returns the epoch
   * @throws BusError `rate_limited`, `closed`
   */
  join(clientId: string, request: MemberRequest): number {
    const { readers } = request
    readers.take()
    try {
      const mailbox = this.#of(clientId)
      mailbox.expire()
      return this.#components.members.attach(mailbox.group, request)
    } catch (error) {
      readers.give()
      throw asBusError(error)
    }
  }

  /** A reader says that it has left. Again, or of none, without harm. */
  leave(clientId: string, member: MemberName): void {
    this.#byRecipient.get(clientId)?.leave(memberName(member))
  }

  /** Every mailbox that holds something, or has a reader, and who has dead letters. */
  list(): JsonObject[] {
    for (const to of [...this.#byRecipient.keys()]) this.#forgetEmpty(to)
    const recipients = new Set([...this.#byRecipient.keys(), ...this.#deadLetters.recipients])
    return Array.from(recipients, (to) => {
      const mailbox = this.#byRecipient.get(to)
      const dead = this.#deadLetters.countOf(to)
      return {
        to,
        messages: mailbox?.count ?? 0,
        bytes: mailbox?.cost ?? 0,
        readers: mailbox?.readerCount ?? 0,
        oldestAtMs: mailbox?.oldestAtMs ?? null,
        deadLetters: dead.count,
        droppedDeadLetters: dead.dropped,
      }
    })
  }

  /** Drops what waits for a client. @returns how many letters */
  drop(to: string): number {
    const count = this.#byRecipient.get(to)?.drop() ?? 0
    this.#forgetEmpty(to)
    return count
  }

  /** What was given up of what was for a client, the oldest first. */
  listDead(to: string): JsonObject[] {
    return this.#deadLetters.list(to)
  }

  /**
   * Puts dead letters back into the mailbox, the oldest first, as many as it has room for.
   * @param id which; all of them without
   * @throws BusError `unknown_stream` where there is none; `mailbox_full` where there is room for none
   */
  redrive(to: string, id?: number): { readonly redriven: number; readonly left: number } {
    const mails = this.#deadLetters.of(to, id)
    if (mails.length === 0) throw new BusError("unknown_stream", `There are no such dead letters for "${to}".`)
    let redriven = 0
    for (const mail of mails) {
      try {
        this.#put({ ...mail, earlierAttempts: 0 })
      } catch (error) {
        if (redriven === 0) throw error
        break
      }
      this.#deadLetters.remove(mail)
      redriven++
    }
    return { redriven, left: this.#deadLetters.countOf(to).count }
  }

  /** Lets go of everything; no timer is left. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#byRecipient.clear()
  }

  #put(mail: Mail): boolean {
    const { to, from, cost } = mail.letter
    const mailbox = this.#of(to)
    try {
      mailbox.assertRoom(cost)
      this.#budget.assertRoom(from, cost)
    } catch (error) {
      this.#forgetEmpty(to)
      throw error
    }
    this.#budget.add(from, cost)
    this.#planExpiry()
    return mailbox.add(mail)
  }

  #of(to: string): Mailbox {
    const known = this.#byRecipient.get(to)
    if (known !== undefined) return known
    const { clock, epochs, incarnation, members } = this.#components
    const identity = { name: mailboxSubject(to), epoch: epochs.next(undefined), incarnation, alias: 0 }
    const mailbox: Mailbox = new Mailbox(
      {
        clock,
        events: {
          removed: ({ from, cost }) => this.#budget.remove(from, cost),
          dead: (mail, reason) => this.#deadLetters.add(mail, reason, clock.wallNow()),
          left: (member) => members.left(member),
        },
      },
      identity,
      this.#options,
    )
    this.#byRecipient.set(to, mailbox)
    this.#planExpiry()
    return mailbox
  }

  #forgetEmpty(to: string): void {
    const mailbox = this.#byRecipient.get(to)
    if (mailbox === undefined || mailbox.count > 0 || mailbox.readerCount > 0) return
    this.#byRecipient.delete(to)
    this.#components.epochs.forget(mailbox.identity.epoch)
  }

  /** One timer for all, while there is a mailbox. */
  #planExpiry(): void {
    this.#timer ??= this.#components.clock.setTimer(EXPIRE_EVERY_MS, () => {
      this.#timer = undefined
      for (const [to, mailbox] of this.#byRecipient) {
        mailbox.expire()
        this.#forgetEmpty(to)
      }
      if (this.#byRecipient.size > 0) this.#planExpiry()
    })
  }
}
