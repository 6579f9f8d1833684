import { BusError } from "@luxbus/packet"
import type { ConnectionReaders } from "../connection-readers.ts"
import type { From } from "../start-position.ts"
import type { Group } from "./group.ts"
import type { GroupMember } from "./group-member.ts"

/** Which of a session's subscriptions a member is. */
export interface MemberName {
  /** Names the client's session. */
  readonly session: string
  /** The same on each of the session's connections. */
  readonly member: number
}

/** One command that makes a member, or comes back to one. */
export interface MemberRequest extends MemberName {
  readonly readers: ConnectionReaders
  /** The command's number. */
  readonly request: number
  /** Where the group begins, if this member is its first; or the member's own place, if it comes back. */
  readonly from: From
  /** Messages that it is given before it has acknowledged the first of them. */
  readonly prefetch: number
}

/** The members that each session is, of all groups: they leave with it. */
export class SessionMembers {
  readonly #bySession = new Map<string, Set<GroupMember>>()

  /** Members, of all groups. */
  get count(): number {
    let count = 0
    for (const members of this.#bySession.values()) count += members.size
    return count
  }

  /**
   * Makes a session a member of a group, or brings its member to the connection. A reader has been taken for it.
   * @returns the epoch
   * @throws BusError `closed` where the connection is lost
   */
  attach(group: Group, { readers, request, from, session, member: number, prefetch }: MemberRequest): number {
    if (!readers.connected) throw new BusError("closed", "the connection is lost")
    const isAnew = from.type === "cursor" && !group.isOf(from)
    const next = from.type === "cursor" && !isAnew ? from.main : 0
    const member = group.member(memberName({ session, member: number }), { session, prefetch, first: next })
    const members = this.#bySession.get(session)
    if (members === undefined) this.#bySession.set(session, new Set([member]))
    else members.add(member)
    member.attach({ carrier: readers.carrier, request, next, isAnew, left: () => readers.give() })
    return group.epoch
  }

  /** A member has left for good. */
  left(member: GroupMember): void {
    const members = this.#bySession.get(member.session)
    members?.delete(member)
    if (members?.size === 0) this.#bySession.delete(member.session)
  }

  /** A session is over: what its members have not acknowledged goes to others. */
  sessionOver(session: string): void {
    for (const member of [...(this.#bySession.get(session) ?? [])]) member.leave()
  }
}

/** A member's name in its group. */
export function memberName({ session, member }: MemberName): string {
  return `${session}\0${member}`
}
