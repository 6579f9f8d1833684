import type { Clock, Timer } from "@luxbus/clock"
import { REPEAT_FIRST_MS, REPEAT_MAX_MS } from "@luxbus/dual-stream"
import { isJsonObject, type JsonObject, type JsonValue, MessageReader, MessageWriter, toHex } from "@luxbus/packet"
import type { Backplane } from "./backplane.ts"

/** What is looked for is asked for again so often at first: where 30 % is lost, one search in 1 600 misses it. */
const QUICK_ASKS = 10
const QUICK_PAUSE_MS = 50
/** So long that is, and so long without an answer means that no broker has it. */
export const SEARCH_MS = QUICK_ASKS * QUICK_PAUSE_MS
/** How often it is said that something is here now: who has it no longer, or in an older form, must hear of it. */
const ANNOUNCEMENTS = 4

/** Something that a broker has. */
export interface Presence {
  /** Since when, by the time of day. */
  readonly sinceMs: number
  /** What its broker says of it. */
  readonly about: JsonObject
}

/** Where something is. */
export interface Place extends Presence {
  /** The broker's incarnation, in hexadecimal. */
  readonly node: string
}

export interface DirectoryComponents {
  readonly clock: Clock
  readonly backplane: Backplane
  /** This broker's incarnation: 8 bytes. */
  readonly incarnation: Uint8Array
  /** What is listed: names of one kind mean nothing to another. */
  readonly kind: "client" | "stream"
  readonly events: DirectoryEvents
}

export interface DirectoryEvents {
  /** What was looked for is at another broker, or here. */
  found(name: string): void
  /** No broker has answered for it for half a second; again with each further asking. */
  nobody(name: string): void
  /** Another broker says that it has what is here. */
  rival(name: string, theirs: Place, ours: Presence): void
}

/** What is known of one name: it is here, or looked for, or followed. */
interface Entry {
  readonly unsubscribe: () => void
  here: Presence | undefined
  /** Who needs to know where it is. */
  followers: number
  /** The broker where it was last heard of. */
  place: Place | undefined
  /** The last revision that was heard of each broker. */
  heard: Map<string, number> | undefined
  /** Since when it is looked for, without an answer. */
  missingSinceMs: number | undefined
  /** Says that it is here, or asks where it is, again. */
  timer: Timer | undefined
  attempts: number
}

/**
 * Which broker of the cluster has what: clients that are connected, streams that are hosted. Nobody keeps a list: a
 * broker answers for what it has, and asks for the rest as it needs it.
 */
export class Directory {
  readonly #components: DirectoryComponents
  readonly #self: string
  readonly #entries = new Map<string, Entry>()
  readonly #reader = new MessageReader()
  readonly #writer = new MessageWriter()
  /** Of what this broker says: who hears it late can tell that it is old. */
  #revision = 0

  constructor(components: DirectoryComponents) {
    this.#components = components
    this.#self = toHex(components.incarnation)
  }

  /** Names that are here, looked for or followed. */
  get size(): number {
    return this.#entries.size
  }

  /** Where it is, as far as it is known; undefined where it is here. */
  placeOf(name: string): Place | undefined {
    return this.#entries.get(name)?.place
  }

  /** How long it has been looked for in vain; 0 where no search is under way. */
  missingMs(name: string): number {
    const since = this.#entries.get(name)?.missingSinceMs
    return since === undefined ? 0 : this.#components.clock.now() - since
  }

  /** It is here since `sinceMs`, by the time of day: all who look for it are told. */
  arrived(name: string, sinceMs: number, about: JsonObject): void {
    const entry = this.#entry(name)
    entry.here = { sinceMs, about }
    entry.place = undefined
    entry.missingSinceMs = undefined
    this.restate(name)
  }

  /** Says again that it is here, and what is said of it now. */
  restate(name: string, about?: JsonObject): void {
    const entry = this.#entries.get(name)
    if (entry?.here === undefined) return
    if (about !== undefined) entry.here = { ...entry.here, about }
    this.#sayHere(name, entry.here)
    this.#plan(name, entry, 0)
  }

  left(name: string): void {
    const entry = this.#entries.get(name)
    if (entry?.here === undefined) return
    entry.here = undefined
    entry.timer?.cancel()
    entry.timer = undefined
    this.#tidy(name, entry)
  }

  /** Somebody needs to know where it is, until `unfollow`. */
  follow(name: string): void {
    this.#entry(name).followers++
  }

  unfollow(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    entry.followers--
    this.#tidy(name, entry)
  }

  /** What is followed is asked for anew, until `found`. */
  lookFor(name: string): void {
    const entry = this.#entry(name)
    if (entry.here !== undefined) {
      this.#components.clock.defer(() => this.#lookAgain(name))
      return
    }
    if (entry.timer !== undefined && entry.attempts < QUICK_ASKS) return
    entry.place = undefined
    entry.missingSinceMs ??= this.#components.clock.now()
    this.#say(name, { op: "where" })
    this.#plan(name, entry, 0)
  }

  /** It was here a moment ago; it may have left meanwhile, with all that it read. */
  #lookAgain(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    if (entry.here === undefined) this.lookFor(name)
    else this.#components.events.found(name)
  }

  close(): void {
    for (const { timer, unsubscribe } of this.#entries.values()) {
      timer?.cancel()
      unsubscribe()
    }
    this.#entries.clear()
  }

  #entry(name: string): Entry {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const { backplane } = this.#components
    const entry: Entry = {
      unsubscribe: backplane.subscribe(this.#addressOf(name), (message) => this.#received(name, message)),
      here: undefined,
      followers: 0,
      place: undefined,
      heard: undefined,
      missingSinceMs: undefined,
      timer: undefined,
      attempts: 0,
    }
    this.#entries.set(name, entry)
    return entry
  }

  #tidy(name: string, entry: Entry): void {
    if (entry.here !== undefined || entry.followers > 0) return
    entry.timer?.cancel()
    entry.unsubscribe()
    this.#entries.delete(name)
  }

  #plan(name: string, entry: Entry, attempts: number): void {
    entry.attempts = attempts
    entry.timer?.cancel()
    const slow = attempts - (entry.here === undefined ? QUICK_ASKS : 0)
    const pauseMs = slow < 0 ? QUICK_PAUSE_MS : Math.min(REPEAT_MAX_MS, REPEAT_FIRST_MS * 2 ** slow)
    entry.timer = this.#components.clock.setTimer(pauseMs, () => this.#repeat(name, entry))
  }

  #repeat(name: string, entry: Entry): void {
    entry.timer = undefined
    const attempts = entry.attempts + 1
    if (entry.here !== undefined) {
      this.#sayHere(name, entry.here)
      if (attempts + 1 < ANNOUNCEMENTS) this.#plan(name, entry, attempts)
      return
    }
    this.#say(name, { op: "where" })
    this.#plan(name, entry, attempts)
    if (attempts >= QUICK_ASKS) this.#components.events.nobody(name)
  }

  #sayHere(name: string, { sinceMs, about }: Presence): void {
    this.#say(name, { op: "here", node: this.#self, revision: ++this.#revision, since: sinceMs, about })
  }

  #say(name: string, command: JsonObject): void {
    this.#writer.control(0, 0, { command })
    this.#components.backplane.publish(this.#addressOf(name), this.#writer.take())
  }

  #received(name: string, message: Uint8Array): void {
    const entry = this.#entries.get(name)
    const said = this.#read(message)
    if (entry === undefined || said === undefined) return
    const { here } = entry
    if (said === "where") {
      if (here !== undefined) this.#sayHere(name, here)
    } else if (isNews(entry, said)) {
      if (here !== undefined) this.#components.events.rival(name, said, here)
      else if (entry.place === undefined || said.sinceMs >= entry.place.sinceMs) this.#heardOf(name, entry, said)
    }
  }

  #heardOf(name: string, entry: Entry, { node, sinceMs, about }: Statement): void {
    entry.place = { node, sinceMs, about }
    entry.missingSinceMs = undefined
    if (entry.timer === undefined) return
    entry.timer.cancel()
    entry.timer = undefined
    this.#components.events.found(name)
  }

  #read(message: Uint8Array): "where" | Statement | undefined {
    try {
      this.#reader.load(message)
      return this.#reader.next() ? statementOf(this.#reader.fields().command) : undefined
    } catch {
      // Another version's, or not a broker's: whoever asks will ask again.
      return undefined
    }
  }

  #addressOf(name: string): string {
    return `${this.#components.kind}/${name}`
  }
}

/** That something is at a broker, as this one said it. */
interface Statement extends Place {
  /** Grows with all that a broker says. */
  readonly revision: number
}

/** Whether this was not said before what was heard last of the same broker; that is noted. */
function isNews(entry: Entry, { node, revision }: Statement): boolean {
  entry.heard ??= new Map()
  if (revision < (entry.heard.get(node) ?? 0)) return false
  entry.heard.set(node, revision)
  return true
}

const INCARNATION = /^[0-9a-f]{16}$/

type StatementField = "op" | "node" | "revision" | "since" | "about"

function statementOf(value: JsonObject = {}): "where" | Statement | undefined {
  const { op, node, revision, since, about }: { readonly [N in StatementField]?: JsonValue } = value
  if (op === "where") return op
  if (op !== "here" || typeof node !== "string" || !INCARNATION.test(node) || !isJsonObject(about)) return undefined
  if (!isCount(revision) || !isCount(since)) return undefined
  return { node, revision, sinceMs: since, about }
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}
