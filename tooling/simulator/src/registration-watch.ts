import { ChannelRole, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"
import { MemberView } from "@luxbus/session"
import type { Dice } from "./dice.ts"

/** Statements that are kept of one registration, to be told again in another order. */
const MAX_KEPT = 64

/** Orders in which what was told is told again. */
const ORDERS = 3

/**
 * What a broker tells one registration on one connection: versions never go back, a change is newer than what was told
 * before it, and nobody hears of its own role. In whatever order it arrives, it tells of the same members.
 */
export class RegistrationWatch {
  readonly #name: string
  readonly #role: ChannelRole
  readonly #wrong: (finding: string) => void
  readonly #told: JsonObject[] = []
  #version = -1

  constructor(name: string, role: ChannelRole, wrong: (finding: string) => void) {
    this.#name = name
    this.#role = role
    this.#wrong = wrong
  }

  told(statement: JsonObject): void {
    const { version, members, joined }: { readonly [name: string]: JsonValue | undefined } = statement
    if (typeof version !== "number") return
    const isNewer = Array.isArray(members) ? version >= this.#version : version > this.#version
    if (!isNewer) this.#wrong(`${this.#name} is told of version ${version} behind ${this.#version}`)
    this.#version = version
    const told = Array.isArray(members) ? members : joined === undefined ? [] : [joined]
    const own = this.#role === ChannelRole.provider ? "provider" : "consumer"
    const isOwn = told.some((member) => isJsonObject(member) && member["role"] === own)
    if (isOwn) this.#wrong(`${this.#name} is told of another ${own}`)
    if (this.#told.length < MAX_KEPT) this.#told.push(statement)
  }

  /** The connection is over: tells again what was told on it, in other orders. */
  close(dice: Dice): void {
    const groups = groupsOf(this.#told)
    if (groups.length < 2) return
    const expected = idsAfter(groups)
    for (let n = 0; n < ORDERS; n++) {
      const found = idsAfter(shuffled(groups, dice))
      if (found !== expected) this.#wrong(`${this.#name} knows ${found} in another order, and not ${expected}`)
    }
  }
}

/** The parts of one snapshot belong together, in their order. */
function groupsOf(told: readonly JsonObject[]): readonly (readonly JsonObject[])[] {
  const groups: JsonObject[][] = []
  let isPart = false
  for (const statement of told) {
    if (isPart) groups.at(-1)?.push(statement)
    else groups.push([statement])
    isPart = statement["more"] === true
  }
  return isPart ? groups.slice(0, -1) : groups
}

function idsAfter(groups: readonly (readonly JsonObject[])[]): string {
  const view = new MemberView(() => {})
  for (const statement of groups.flat()) view.told(statement)
  const ids = view.list().map(({ id }) => id)
  return ids.sort().join(", ") || "nobody"
}

function shuffled<T>(items: readonly T[], dice: Dice): readonly T[] {
  const rest = [...items]
  return items.map(() => rest.splice(dice.between(0, rest.length - 1), 1)[0] as T)
}
