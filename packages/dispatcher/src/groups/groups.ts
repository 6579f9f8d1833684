import { BusError } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { ConnectionReaders } from "../connection-readers.ts"
import { type From, type Position, resolvePosition } from "../start-position.ts"
import type { Topic } from "../topic.ts"
import { asBusError, isPending } from "../when-settled.ts"
import { Group } from "./group.ts"
import type { GroupMember } from "./group-member.ts"

/** Who somebody is in a group of a subject. */
export interface Membership {
  /** The group's name. */
  readonly group: string
  /** Names the client's session. */
  readonly session: string
  /** Which of the session's subscriptions: the same on each of its connections. */
  readonly member: number
}

/** One command that joins a group, or comes back to it. */
export interface JoinRequest extends Membership {
  readonly readers: ConnectionReaders
  /** The command's number. */
  readonly request: number
  /** Where the group begins, if this member is its first; or the member's own place, if it comes back. */
  readonly from: From
  /** Messages that it is given before it has acknowledged the first of them. */
  readonly prefetch: number
}

/** All groups of all topics. One without members is forgotten, with its place. */
export class Groups {
  readonly #byName = new Map<string, Group>()
  readonly #bySession = new Map<string, Set<GroupMember>>()

  /** Members, of all groups. */
  get memberCount(): number {
    let count = 0
    for (const members of this.#bySession.values()) count += members.size
    return count
  }

  /**
   * Makes a client a member.
   * @returns the epoch
   * @throws BusError `rate_limited`, `invalid_argument`, `closed`; or rejects with it
   */
  join(topic: Topic, request: JoinRequest): MaybePromise<number> {
    const { readers, from } = request
    const key = groupKey(topic.subject, request.group)
    readers.take()
    topic.touch()
    topic.expire()
    const begin = (position: Position): number =>
      this.#attach(this.#byName.get(key) ?? this.#create(key, topic, position), request)
    const failed = (error: unknown): never => {
      readers.give()
      throw asBusError(error)
    }
    try {
      // A member that comes back to a group that is gone begins anew.
      const position = resolvePosition(topic.log, from.type === "cursor" ? NOW : from, false)
      return isPending(position) ? position.then(begin).catch(failed) : begin(position)
    } catch (error) {
      return failed(error)
    }
  }

  /** A member says that it has left: what it has not acknowledged goes to others. Again, or of none, without harm. */
  leave(subject: string, { group, session, member }: Membership): void {
    this.#byName.get(groupKey(subject, group))?.leave(memberName(session, member))
  }

  /** A session is over: what its members have not acknowledged goes to others. */
  sessionOver(session: string): void {
    for (const member of [...(this.#bySession.get(session) ?? [])]) member.leave()
  }

  #attach(group: Group, { readers, request, from, session, member: number, prefetch }: JoinRequest): number {
    if (!readers.connected) throw new BusError("closed", "the connection is lost")
    const isAnew = from.type === "cursor" && !group.isOf(from)
    const next = from.type === "cursor" && !isAnew ? from.main : 0
    const member = group.member(memberName(session, number), { session, prefetch, first: next })
    const members = this.#bySession.get(session)
    if (members === undefined) this.#bySession.set(session, new Set([member]))
    else members.add(member)
    member.attach({ carrier: readers.carrier, request, next, isAnew, left: () => readers.give() })
    return group.epoch
  }

  #create(key: string, topic: Topic, { main }: Position): Group {
    const group: Group = new Group(topic.log, main, {
      left: (member) => this.#left(member),
      empty: () => {
        topic.touch()
        if (this.#byName.get(key) === group) this.#byName.delete(key)
      },
    })
    this.#byName.set(key, group)
    return group
  }

  #left(member: GroupMember): void {
    const members = this.#bySession.get(member.session)
    members?.delete(member)
    if (members?.size === 0) this.#bySession.delete(member.session)
  }
}

const NOW: From = { type: "now" }

function groupKey(subject: string, group: string): string {
  return `${subject}\0${group}`
}

function memberName(session: string, member: number): string {
  return `${session}\0${member}`
}
