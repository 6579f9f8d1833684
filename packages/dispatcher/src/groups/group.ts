import { type BusError, toHex } from "@luxbus/packet"
import type { LogIdentity } from "../stream-log.ts"
import type { GroupItem } from "./group-item.ts"
import { GroupMember, type GroupMemberOptions } from "./group-member.ts"

/** Where a group's messages come from: a topic, or a mailbox. */
export interface GroupSource {
  /** Whose numbers its members' positions are of. */
  readonly identity: LogIdentity
  /** The next message, or what is gone before it; undefined while there is none. What was given back comes first. */
  take(): GroupItem | undefined
  /** Members that are gone have not acknowledged these, the oldest first. */
  giveBack(items: readonly GroupItem[]): void
  /** A member has acknowledged it. */
  acknowledged(item: GroupItem): void
  /** The group is no more. */
  release(): void
}

export interface GroupSourceEvents {
  /** There may be something to take. */
  readable(): void
  /** Nothing more will come; without an error nobody is to be told. */
  closed(error: BusError | undefined): void
}

export interface GroupEvents {
  /** A member has left for good. */
  left(member: GroupMember): void
  /** Its last member has. */
  empty(): void
}

/**
 * Who shares the messages of one subject or mailbox: each goes to one member, in turn among those that have room, and is theirs until
 * they acknowledge it or their session is over. Then it goes to another, before what nobody had.
 */
export class Group {
  readonly #source: GroupSource
  readonly #events: GroupEvents
  readonly #members = new Map<string, GroupMember>()
  /** Members that have room, the one whose turn it is first. */
  readonly #roomy = new Set<GroupMember>()

  /** @param open begins to read the source */
  constructor(open: (events: GroupSourceEvents) => GroupSource, events: GroupEvents) {
    this.#events = events
    this.#source = open({
      readable: () => this.#distribute(),
      closed: (error) => this.#close(error),
    })
  }

  get memberCount(): number {
    return this.#members.size
  }

  /** Whether a cursor is of its topic. */
  isOf({ epoch, incarnation }: { readonly epoch: number; readonly incarnation: string }): boolean {
    const { identity } = this.#source
    return epoch === identity.epoch && incarnation === toHex(identity.incarnation)
  }

  get epoch(): number {
    return this.#source.identity.epoch
  }

  /** The member of this name, made where there is none: it is attached by its caller. */
  member(name: string, options: GroupMemberOptions): GroupMember {
    const known = this.#members.get(name)
    if (known !== undefined) return known
    const member: GroupMember = new GroupMember(this.#source.identity, options, {
      roomy: () => this.#hasRoom(member),
      away: () => void this.#roomy.delete(member),
      acknowledged: (item) => this.#source.acknowledged(item),
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
      const item = this.#source.take()
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
    this.#source.giveBack(items)
    if (this.#members.size === 0) {
      this.#source.release()
      this.#events.empty()
      return
    }
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
    this.#source.release()
    this.#events.empty()
  }
}
