import type { Clock } from "@luxbus/clock"
import { BROKER_LIMITS } from "@luxbus/packet"
import { Ring } from "@luxbus/stream-memory"
import { Group, type GroupSource, type GroupSourceEvents } from "../groups/group.ts"
import type { GroupItem, GroupMessage } from "../groups/group-item.ts"
import type { GroupMember } from "../groups/group-member.ts"
import type { LogIdentity } from "../stream-log.ts"
import { mailboxFull } from "./budget.ts"
import type { Letter } from "./letter.ts"

/** A message with what the mailbox knows of it. */
export interface Mail extends GroupMessage {
  readonly letter: Letter
}

/** Why a letter was given up: nobody came for it in time, or each reader that had it was lost. */
export type DeathReason = "expired" | "attempts"

export interface MailboxEvents {
  /** A letter is gone from here: it was acknowledged, dropped or given up. */
  removed(letter: Letter): void
  /** It was given up. */
  dead(mail: Mail, reason: DeathReason): void
  /** A reader has left for good. */
  left(member: GroupMember): void
}

/**
 * The letters for one client, whole messages in the order of their coming. Its readers are members of a group: each
 * letter goes to one of them, and stays here, counted, until that one has acknowledged it.
 *
 * Ordering: as they came; what comes back from a reader that was lost comes first. Loss: none within the bounds; who would
 * pass them is refused. Duplication: at least once, marked by `attempt`.
 */
export class Mailbox implements GroupSource {
  readonly identity: LogIdentity
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #events: MailboxEvents
  /** Came back from readers, the oldest first. */
  readonly #returned = new Ring<Mail>()
  readonly #waiting = new Ring<Mail>()
  #group: Group | undefined
  #readable: (() => void) | undefined
  /** Letters, those that readers have included, and what they cost. */
  #count = 0
  #cost = 0

  constructor(
    components: { readonly clock: Clock; readonly events: MailboxEvents },
    identity: LogIdentity,
    { ttlMs }: { readonly ttlMs: number },
  ) {
    this.#clock = components.clock
    this.#events = components.events
    this.identity = identity
    this.#ttlMs = ttlMs
  }

  /** Letters, those that readers have and have not acknowledged included. */
  get count(): number {
    return this.#count
  }

  /** What they cost. */
  get cost(): number {
    return this.#cost
  }

  get readerCount(): number {
    return this.#group?.memberCount ?? 0
  }

  /** When the oldest letter that waits came, in Unix ms. */
  get oldestAtMs(): number | undefined {
    return (this.#returned.at(0) ?? this.#waiting.at(0))?.letter.sentAtMs
  }

  /** Those who read it, made where nobody does. */
  get group(): Group {
    this.#group ??= new Group((events) => this.#opened(events), {
      left: (member) => this.#events.left(member),
      empty: () => {
        this.#group = undefined
      },
    })
    return this.#group
  }

  /** A reader says that it has left. */
  leave(member: string): void {
    this.#group?.leave(member)
  }

  /** @throws BusError `mailbox_full` where it has no room for a letter of this cost */
  assertRoom(cost: number): void {
    const { mailboxPackets, mailboxBytes } = BROKER_LIMITS
    if (this.#count >= mailboxPackets) throw mailboxFull("messages", mailboxPackets)
    if (this.#cost + cost > mailboxBytes) throw mailboxFull("bytes", mailboxBytes)
  }

  /**
   * Takes a letter.
   * @returns whether a reader has got it already
   */
  add(mail: Mail): boolean {
    this.#count++
    this.#cost += mail.letter.cost
    mail.letter.expiresAtMs = this.#clock.now() + this.#ttlMs
    this.#waiting.push(mail)
    this.#readable?.()
    return this.#returned.length === 0 && this.#waiting.length === 0
  }

  take(): Mail | undefined {
    return this.#returned.shift() ?? this.#waiting.shift()
  }

  giveBack(items: readonly GroupItem[]): void {
    for (const item of items) {
      if (!isMail(item)) continue
      if (item.earlierAttempts >= BROKER_LIMITS.mailboxAttempts) {
        this.#giveUp(item, "attempts")
        continue
      }
      item.letter.expiresAtMs = this.#clock.now() + this.#ttlMs
      this.#returned.push(item)
    }
  }

  acknowledged(item: GroupItem): void {
    if (isMail(item)) this.#removed(item)
  }

  release(): void {
    this.#readable = undefined
  }

  /** Gives up what nobody came for in time. */
  expire(): void {
    for (const letters of [this.#returned, this.#waiting]) {
      for (let mail = letters.at(0); mail !== undefined; mail = letters.at(0)) {
        if (mail.letter.expiresAtMs > this.#clock.now()) break
        letters.shift()
        this.#giveUp(mail, "expired")
      }
    }
  }

  /** Drops what waits. @returns how many letters */
  drop(): number {
    let count = 0
    for (let mail = this.take(); mail !== undefined; mail = this.take()) {
      this.#removed(mail)
      count++
    }
    return count
  }

  #opened(events: GroupSourceEvents): GroupSource {
    this.#readable = () => events.readable()
    return this
  }

  #giveUp(mail: Mail, reason: DeathReason): void {
    this.#removed(mail)
    this.#events.dead(mail, reason)
  }

  #removed({ letter }: Mail): void {
    this.#count--
    this.#cost -= letter.cost
    this.#events.removed(letter)
  }
}

function isMail(item: GroupItem): item is Mail {
  return item.type === "message" && item.letter !== undefined
}
