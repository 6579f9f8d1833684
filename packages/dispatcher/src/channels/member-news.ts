import type { ControlOutput } from "@luxbus/dual-stream"
import type { JsonObject } from "@luxbus/packet"
import { fittingPart } from "../fitting-part.ts"
import { type Member, memberToJson } from "./member.ts"

/** Changes that wait at least before a snapshot takes their place: those of a small channel are as short. */
const MIN_CHANGES = 16

/** Who is in the channel now, and at which version. */
export interface MembersNow {
  readonly version: number
  readonly members: Iterable<Member>
  readonly count: number
}

interface Snapshot {
  readonly version: number
  readonly members: readonly Member[]
  /** The first that is not told yet. */
  next: number
}

/**
 * What one member is to be told of the others: a snapshot in parts, then changes. Who reads slowly is told the snapshot
 * anew in place of more changes than there are members, so that what waits is bounded by them.
 */
export class MemberNews {
  readonly #now: () => MembersNow
  #snapshotWanted = true
  #snapshot: Snapshot | undefined
  #changes: JsonObject[] = []

  constructor(now: () => MembersNow) {
    this.#now = now
  }

  /** There is another connection: what was told on the one before may not have arrived. */
  restart(): void {
    this.#snapshotWanted = true
    this.#snapshot = undefined
    this.#changes = []
  }

  joined(version: number, member: Member): void {
    this.#changed({ version, joined: memberToJson(member) })
  }

  left(version: number, id: string): void {
    this.#changed({ version, left: id })
  }

  /** @returns whether more is to be told than there was room for */
  pull(output: ControlOutput): boolean {
    if (this.#snapshotWanted) this.#takeSnapshot()
    while (this.#snapshot !== undefined && output.room > 0)
      output.control(0, { members: this.#nextPart(this.#snapshot) })
    let told = 0
    while (this.#snapshot === undefined && told < this.#changes.length && output.room > 0) {
      const members = this.#changes[told++]
      if (members !== undefined) output.control(0, { members })
    }
    this.#changes.splice(0, told)
    return this.#snapshot !== undefined || this.#changes.length > 0
  }

  #changed(change: JsonObject): void {
    if (this.#snapshotWanted) return
    this.#changes.push(change)
    if (this.#changes.length > Math.max(MIN_CHANGES, this.#now().count)) this.restart()
  }

  #takeSnapshot(): void {
    const { version, members } = this.#now()
    this.#snapshotWanted = false
    this.#changes = []
    this.#snapshot = { version, members: [...members], next: 0 }
  }

  #nextPart(snapshot: Snapshot): JsonObject {
    const { version, members } = snapshot
    const part = fittingPart(members, snapshot.next, memberToJson)
    snapshot.next += part.length
    if (snapshot.next < members.length) return { version, members: part, more: true }
    this.#snapshot = undefined
    return { version, members: part }
  }
}
