import type { Bus, NoticeListener } from "@luxbus/client"
import { Listeners, type Observable } from "../shared/observable.ts"
import { oneLine } from "../shared/shown-text.ts"

/** Each says again that it is there. A browser lets a tab that nobody sees do so once a minute. */
const SAY_EVERY_MS = 20_000
/** Who was silent for so long has gone without a word. */
const GONE_AFTER_MS = 90_000
/** People that are shown: anybody may publish, and nobody needs more. */
const MAX_PEOPLE = 20
const MAX_NAME = 24

/** Somebody in a room. */
export interface Person {
  readonly name: string
  /** Under what name it edits the text. */
  readonly author: string
}

interface Heard extends Person {
  readonly heardAt: number
}

/**
 * Who is in a room, under what name: each says so when it comes, whenever another comes, now and then, and when it goes.
 */
export class People implements Observable {
  readonly #bus: Bus
  readonly #subject: string
  readonly #author: () => string
  readonly #listeners = new Listeners()
  readonly #stop = new AbortController()
  readonly #others = new Map<string, Heard>()
  readonly #timer: ReturnType<typeof setInterval>
  #name: string

  /** @param author under what name this person edits at the time */
  constructor(bus: Bus, room: string, name: string, author: () => string) {
    this.#bus = bus
    this.#subject = `typing.${room}.people`
    this.#name = name
    this.#author = author
    this.#timer = setInterval(() => this.#tick(), SAY_EVERY_MS)
    void this.#listen()
  }

  get name(): string {
    return this.#name
  }

  set name(name: string) {
    this.#name = name
    this.#listeners.tell()
    void this.#say("here")
  }

  /** Everybody else. */
  get others(): readonly Person[] {
    return [...this.#others.values()]
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** Says that this person goes. */
  close(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
    void this.#say("gone")
  }

  async #listen(): Promise<void> {
    try {
      await this.#bus.connected
      // Listening to notices, a gap ends nothing: what was missed is asked for again.
      const onNotice: NoticeListener = ({ type }) => void (type === "gap" && this.#say("who"))
      const events = this.#bus.subscribe(this.#subject, { signal: this.#stop.signal, onNotice })
      await events.opened
      void this.#say("who")
      for await (const { data, from } of events) this.#heard(data, from)
    } catch {
      // The bus is over; its status says why.
    }
  }

  #heard(data: unknown, from: string | undefined): void {
    if (from === undefined || from === this.#bus.id || !isSaid(data)) return
    const { say, name, author } = data
    const isKnown = this.#others.has(from)
    if (say === "gone") this.#others.delete(from)
    else if (isKnown || this.#others.size < MAX_PEOPLE) {
      this.#others.set(from, { name: shortName(name), author, heardAt: Date.now() })
    }
    if (say === "who") void this.#say("here")
    this.#listeners.tell()
  }

  #tick(): void {
    for (const [id, { heardAt }] of this.#others) if (heardAt + GONE_AFTER_MS < Date.now()) this.#others.delete(id)
    this.#listeners.tell()
    void this.#say("here")
  }

  async #say(say: "who" | "here" | "gone"): Promise<void> {
    try {
      await this.#bus.publish(this.#subject, { say, name: shortName(this.#name), author: this.#author() })
    } catch {
      // As above.
    }
  }
}

/** A name as it is shown: one line, not long, never empty. */
export function shortName(name: string): string {
  return oneLine(name).slice(0, MAX_NAME) || "somebody"
}

function isSaid(data: unknown): data is { readonly say: string; readonly name: string; readonly author: string } {
  if (typeof data !== "object" || data === null) return false
  const { say, name, author } = data as Record<string, unknown>
  return typeof say === "string" && typeof name === "string" && typeof author === "string"
}
