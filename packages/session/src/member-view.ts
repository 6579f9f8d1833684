import { BusError, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"

/** A member of a channel, as the broker tells of it. */
export interface ChannelMember {
  /** Its client id. */
  readonly id: string
  readonly role: "consumer" | "provider"
  /** Exchanges that a provider takes well at a time. */
  readonly capacity: number
  /** Since when, in Unix ms. */
  readonly since: number
}

/** Who came, and who went. */
export interface MemberChange {
  readonly type: "joined" | "left"
  readonly member: ChannelMember
}

/** Members that have left and are remembered, so that an older word of their coming is known for what it is. */
const MAX_LEFT = 1_024

interface Known {
  readonly version: number
  /** Undefined: it has left. */
  readonly member: ChannelMember | undefined
}

/** Who is in a channel, out of what a broker tells in whatever order: the greater version holds, member by member. */
export class MemberView {
  readonly #onChange: (change: MemberChange) => void
  readonly #known = new Map<string, Known>()
  #parts: ChannelMember[] = []
  #snapshotVersion = -1

  constructor(onChange: (change: MemberChange) => void) {
    this.#onChange = onChange
  }

  /** Who is there, as far as was told. */
  list(): ChannelMember[] {
    return [...this.#known.values()].flatMap(({ member }) => (member === undefined ? [] : [member]))
  }

  /** What comes next is counted anew: by another broker, or on another connection. */
  restart(): void {
    this.#parts = []
    this.#snapshotVersion = -1
    for (const [id, { member }] of this.#known) {
      if (member === undefined) this.#known.delete(id)
      else this.#known.set(id, { member, version: -1 })
    }
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
      this.#set(member.id, version, member)
    } else if (typeof left === "string") {
      this.#set(left, version, undefined)
    }
  }

  #snapshot(version: number, members: readonly ChannelMember[]): void {
    if (version < this.#snapshotVersion) return
    this.#snapshotVersion = version
    const ids = new Set(members.map(({ id }) => id))
    for (const [id, known] of [...this.#known]) {
      if (known.version > version || ids.has(id)) continue
      this.#known.delete(id)
      if (known.member !== undefined) this.#onChange({ type: "left", member: known.member })
    }
    for (const member of members) if (this.#isNews(member.id, version)) this.#take(member.id, version, member)
  }

  #set(id: string, version: number, member: ChannelMember | undefined): void {
    if (version > this.#snapshotVersion && this.#isNews(id, version)) this.#take(id, version, member)
  }

  #isNews(id: string, version: number): boolean {
    return version > (this.#known.get(id)?.version ?? -1)
  }

  #take(id: string, version: number, member: ChannelMember | undefined): void {
    const before = this.#known.get(id)?.member
    this.#known.delete(id)
    this.#known.set(id, { version, member })
    if (member !== undefined && before === undefined) this.#onChange({ type: "joined", member })
    if (member === undefined && before !== undefined) this.#onChange({ type: "left", member: before })
    if (member === undefined) this.#forgetLeft()
  }

  #forgetLeft(): void {
    if (this.#known.size <= MAX_LEFT) return
    const left = [...this.#known].filter(([, { member }]) => member === undefined)
    const oldest = left[0]
    if (oldest !== undefined && left.length > MAX_LEFT) this.#known.delete(oldest[0])
  }
}

type Told = "version" | "members" | "more" | "joined" | "left"

function memberOf(value: JsonValue): ChannelMember {
  if (!isJsonObject(value)) throw malformed()
  const { id, role, capacity, since }: { readonly [N in keyof ChannelMember]?: JsonValue } = value
  const isRole = role === "consumer" || role === "provider"
  if (typeof id !== "string" || !isRole || typeof capacity !== "number" || typeof since !== "number") throw malformed()
  return { id, role, capacity, since }
}

function malformed(): BusError {
  return new BusError("protocol", "A statement about members that tells of nobody.")
}
