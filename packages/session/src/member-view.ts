import { BusError, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"

/** A member of a channel, as the broker tells of it. */
export interface ChannelMember {
  /** Its client id. */
  readonly id: string
  readonly role: "consumer" | "provider" | "member"
  /** Exchanges that a provider takes well at a time. */
  readonly capacity: number
  /** Since when, in Unix ms. */
  readonly since: number
  /** What it says of itself. */
  readonly meta?: JsonObject
}

/** Who came, who went, and who says something else of itself. */
export interface MemberChange {
  readonly type: "joined" | "left" | "changed"
  readonly member: ChannelMember
}

/** Members that have left and are remembered, so that an older word of their coming is known for what it is. */
const MAX_LEFT = 1_024

interface Known {
  readonly version: number
  readonly member: ChannelMember
}

/** Who is in a channel, out of what a broker tells in whatever order: the greater version holds, member by member. */
export class MemberView {
  readonly #onChange: (change: MemberChange) => void
  readonly #there = new Map<string, Known>()
  /** Who has left, and at which version: the latest. */
  readonly #left = new Map<string, number>()
  #parts: ChannelMember[] = []
  #snapshotVersion = -1

  constructor(onChange: (change: MemberChange) => void) {
    this.#onChange = onChange
  }

  /** Who is there, as far as was told. */
  list(): ChannelMember[] {
    return Array.from(this.#there.values(), ({ member }) => member)
  }

  /** What comes next is counted anew: by another broker, or on another connection. */
  restart(): void {
    this.#parts = []
    this.#snapshotVersion = -1
    this.#left.clear()
    for (const [id, { member }] of this.#there) this.#there.set(id, { member, version: -1 })
  }

  /** @throws BusError `protocol` for what tells of nobody */
  told(statement: JsonObject): void {
    const { version, members, more, joined, left }: { readonly [N in Told]?: JsonValue } = statement
    if (typeof version !== "number") throw malformed()
    if (Array.isArray(members)) {
      this.#parts.push(...members.map(memberOf))
      if (more !== true) this.#snapshot(version, this.#parts.splice(0))
    } else if (joined !== undefined) {
      const member = memberOf(joined)
      if (this.#isNews(member.id, version)) this.#joined(version, member)
    } else if (typeof left === "string" && this.#isNews(left, version)) {
      this.#forget(left)
      this.#left.set(left, version)
      const [oldest = left] = this.#left.keys()
      if (this.#left.size > MAX_LEFT) this.#left.delete(oldest)
    }
  }

  #snapshot(version: number, members: readonly ChannelMember[]): void {
    if (version < this.#snapshotVersion) return
    const ids = new Set(members.map(({ id }) => id))
    for (const [id, known] of this.#there) if (known.version <= version && !ids.has(id)) this.#forget(id)
    for (const member of members) if (this.#isNews(member.id, version)) this.#joined(version, member)
    this.#snapshotVersion = version
  }

  #isNews(id: string, version: number): boolean {
    return version > Math.max(this.#snapshotVersion, this.#there.get(id)?.version ?? -1, this.#left.get(id) ?? -1)
  }

  #joined(version: number, member: ChannelMember): void {
    const known = this.#there.get(member.id)?.member
    this.#left.delete(member.id)
    this.#there.set(member.id, { version, member })
    if (known === undefined) this.#onChange({ type: "joined", member })
    else if (JSON.stringify(known.meta) !== JSON.stringify(member.meta)) this.#onChange({ type: "changed", member })
  }

  #forget(id: string): void {
    const known = this.#there.get(id)
    if (known === undefined) return
    this.#there.delete(id)
    this.#onChange({ type: "left", member: known.member })
  }
}

type Told = "version" | "members" | "more" | "joined" | "left"

function memberOf(value: JsonValue): ChannelMember {
  if (!isJsonObject(value)) throw malformed()
  const { id, role, capacity, since, meta }: { readonly [N in keyof ChannelMember]?: JsonValue } = value
  const isRole = role === "consumer" || role === "provider" || role === "member"
  if (typeof id !== "string" || !isRole || typeof capacity !== "number" || typeof since !== "number") throw malformed()
  if (meta !== undefined && !isJsonObject(meta)) throw malformed()
  return { id, role, capacity, since, ...(meta !== undefined && { meta }) }
}

function malformed(): BusError {
  return new BusError("protocol", "A statement about members that tells of nobody.")
}
