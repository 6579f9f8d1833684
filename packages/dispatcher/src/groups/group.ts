import { type BusError, toHex } from "@luxbus/packet"
import type { StreamLog } from "../stream-log.ts"
import { GroupFeed } from "./group-feed.ts"
import type { GroupItem } from "./group-item.ts"
import { GroupMember, type GroupMemberOptions } from "./group-member.ts"

export interface GroupEvents {
  /** A member has left for good. */
  left(member: GroupMember): void
  /** Its last member has. */
  empty(): void
}

/**
 * Who shares the messages of one subject: each goes to one member, in turn among those that have room, and is theirs until
 * they acknowledge it or their session is over. Then it goes to another, before what nobody had.
 */
export class Group {
  readonly #feed: GroupFeed
  readonly #log: StreamLog
  readonly #events: GroupEvents
  readonly #members = new Map<string, GroupMember>()
  /** Members that have room, the one whose turn it is first. */
  readonly #roomy = new Set<GroupMember>()
  /** What members that are gone have not acknowledged, the oldest first. */
  readonly #returned: GroupItem[] = []

  constructor(log: StreamLog, position: { readonly next: number; readonly message: number }, events: GroupEvents) {
    this.#log = log
    this.#events = events
    this.#feed = new GroupFeed(log, position, {
      readable: () => this.#distribute(),
      closed: (error) => this.#close(error),
    })
  }

  get memberCount(): number {
    return this.#members.size
  }

  /** Whether a cursor is of its topic. */
  isOf({ epoch, incarnation }: { readonly epoch: number; readonly incarnation: string }): boolean {
    const { identity } = this.#log
    return epoch === identity.epoch && incarnation === toHex(identity.incarnation)
  }

  get epoch(): number {
    return this.#log.identity.epoch
  }

  /** The member of this name, made where there is none: it is attached by its caller. */
  member(name: string, options: GroupMemberOptions): GroupMember {
    const known = this.#members.get(name)
    if (known !== undefined) return known
    const member: GroupMember = new GroupMember(this.#log.identity, options, {
      roomy: () => this.#hasRoom(member),
      away: () => void this.#roomy.delete(member),
      left: (items) => this.#left(name, member, items),
    })
    this.#members.set(name, member)
    return member
  }

  /** The member of this name, if there is one, leaves for good. */
  leave(name: string): void {
    this.#members.get(name)?.leave()
  }

  #hasRoom(member: GroupMember): void {
    if (member.hasRoom) this.#roomy.add(member)
    this.#distribute()
  }

  #distribute(): void {
    for (const member of this.#roomy) {
      const item = this.#returned.shift() ?? this.#feed.take()
      if (item === undefined) return
      this.#roomy.delete(member)
      member.give(item)
      // Behind all others: the loop comes back to it.
      if (member.hasRoom) this.#roomy.add(member)
    }
  }

  #left(name: string, member: GroupMember, items: readonly GroupItem[]): void {
    this.#members.delete(name)
    this.#roomy.delete(member)
    this.#events.left(member)
    if (this.#members.size === 0) {
      this.#feed.release()
      this.#events.empty()
      return
    }
    this.#returned.push(...items)
    this.#distribute()
  }

  #close(error: BusError | undefined): void {
    const members = [...this.#members.values()]
    this.#members.clear()
    this.#roomy.clear()
    for (const member of members) {
      member.close(error)
      this.#events.left(member)
    }
    this.#feed.release()
    this.#events.empty()
  }
}
