import type { MaybePromise } from "@luxbus/stream-memory"
import { type From, type Position, resolvePosition } from "../start-position.ts"
import type { Topic } from "../topic.ts"
import { asBusError, isPending } from "../when-settled.ts"
import { Group } from "./group.ts"
import { GroupFeed } from "./group-feed.ts"
import { type MemberName, type MemberRequest, memberName, type SessionMembers } from "./session-members.ts"

/** One command that joins a group, or comes back to it. */
export interface JoinRequest extends MemberRequest {
  /** The group's name. */
  readonly group: string
}

/** All groups of all topics. One without members is forgotten, with its place. */
export class Groups {
  readonly #members: SessionMembers
  readonly #byName = new Map<string, Group>()

  constructor(members: SessionMembers) {
    this.#members = members
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
      this.#members.attach(this.#byName.get(key) ?? this.#create(key, topic, position), request)
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
  leave(subject: string, group: string, member: MemberName): void {
    this.#byName.get(groupKey(subject, group))?.leave(memberName(member))
  }

  #create(key: string, topic: Topic, { main }: Position): Group {
    const group: Group = new Group((events) => new GroupFeed(topic.log, main, events), {
      left: (member) => this.#members.left(member),
      empty: () => {
        topic.touch()
        if (this.#byName.get(key) === group) this.#byName.delete(key)
      },
    })
    this.#byName.set(key, group)
    return group
  }
}

const NOW: From = { type: "now" }

function groupKey(subject: string, group: string): string {
  return `${subject}\0${group}`
}
