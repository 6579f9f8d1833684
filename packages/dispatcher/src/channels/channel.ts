import type { Random } from "@luxbus/clock"
import { BROKER_LIMITS, ChannelRole } from "@luxbus/packet"
import { INTRODUCED_TO } from "./member.ts"
import type { MembersNow } from "./member-news.ts"
import type { Registration } from "./registration.ts"

/** One channel: who is registered in it, and which providers may be chosen. */
export class Channel {
  readonly name: string
  readonly #byRole: { readonly [R in ChannelRole]: Map<string, Registration> } = {
    1: new Map(),
    2: new Map(),
    3: new Map(),
  }
  /** Providers that are connected and do not rest, in no order. */
  readonly #choice: Registration[] = []
  #version = 0

  constructor(name: string) {
    this.name = name
  }

  /** Registrations of all roles. */
  get size(): number {
    return this.count(ChannelRole.consumer) + this.count(ChannelRole.provider) + this.count(ChannelRole.member)
  }

  /** Registrations of one role. */
  count(role: ChannelRole): number {
    return this.#byRole[role].size
  }

  /** All registrations: consumers, then providers, then members. */
  all(): Registration[] {
    return Object.values(this.#byRole).flatMap((registrations) => [...registrations.values()])
  }

  get(id: string, role: ChannelRole): Registration | undefined {
    return this.#byRole[role].get(id)
  }

  /** The members that one is told of. */
  toldTo(registration: Registration): MembersNow {
    const { size } = this.#byRole[INTRODUCED_TO[registration.role]]
    const isOneOfThem = registration.role === ChannelRole.member
    return {
      version: this.#version,
      members: this.#others(registration),
      count: isOneOfThem ? size - 1 : size,
    }
  }

  add(registration: Registration): void {
    this.#byRole[registration.role].set(registration.id, registration)
    this.restated(registration)
  }

  /** A registration says something else of itself. */
  restated(registration: Registration): void {
    this.#version++
    for (const other of this.#others(registration)) {
      other.news.joined(this.#version, registration)
      other.wake()
    }
  }

  remove(registration: Registration): void {
    const { id, role } = registration
    if (this.#byRole[role].get(id) !== registration) return
    this.#byRole[role].delete(id)
    this.#setChoice(registration, false)
    this.#version++
    for (const other of this.#others(registration)) {
      other.news.left(this.#version, id)
      other.wake()
    }
  }

  /**
   * Whether a provider may be chosen has changed.
   * @returns whether it may be now, and might not before
   */
  changed(registration: Registration): boolean {
    if (registration.role !== ChannelRole.provider) return false
    const before = registration.choiceIndex >= 0
    const rests = registration.timeouts >= BROKER_LIMITS.providerTimeouts
    this.#setChoice(registration, registration.connected && !rests)
    return !before && registration.choiceIndex >= 0
  }

  /**
   * The better of two random providers, by what each has under way for its capacity, but never who asks: one client's two
   * halves could not be told apart. Undefined: there is none.
   */
  choose(random: Random, from: string): Registration | undefined {
    const own = this.#byRole[ChannelRole.provider].get(from)?.choiceIndex ?? -1
    const count = this.#choice.length - (own < 0 ? 0 : 1)
    const at = (place: number) => this.#choice[own < 0 || place < own ? place : place + 1]
    const place = Math.floor(random.float() * count)
    const first = at(place)
    if (count < 2 || first === undefined) return first
    // Another one: counted from behind the first.
    const offset = 1 + Math.floor(random.float() * (count - 1))
    const second = at((place + offset) % count) ?? first
    return loadOf(second) < loadOf(first) ? second : first
  }

  /** Whom it is introduced to. */
  *#others(registration: Registration): Generator<Registration> {
    for (const other of this.#byRole[INTRODUCED_TO[registration.role]].values()) {
      if (other !== registration) yield other
    }
  }

  #setChoice(registration: Registration, isChosen: boolean): void {
    const at = registration.choiceIndex
    if (at >= 0 === isChosen) return
    if (isChosen) {
      registration.choiceIndex = this.#choice.push(registration) - 1
      return
    }
    registration.choiceIndex = -1
    const last = this.#choice.pop()
    if (last === undefined || last === registration) return
    this.#choice[at] = last
    last.choiceIndex = at
  }
}

function loadOf({ exchanges, capacity }: Registration): number {
  return exchanges.size / capacity
}
