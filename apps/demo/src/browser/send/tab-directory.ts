import type { Bus, NoticeListener } from "@luxbus/client"
import { Listeners, type Observable } from "../shared/observable.ts"

const SUBJECT = "demo.tabs"
/** Tabs that are shown: anybody may publish, and nobody needs more. */
const MAX_TABS = 20

/**
 * Which other tabs are there: each says so when it connects, whenever another asks, and when it goes. Published
 * messages reach who listens now, at most once: a tab that was missed is reached by typing its id.
 */
export class TabDirectory implements Observable {
  readonly #bus: Bus
  readonly #listeners = new Listeners()
  readonly #stop = new AbortController()
  readonly #tabs = new Set<string>()

  constructor(bus: Bus) {
    this.#bus = bus
    void this.#listen()
  }

  /** Ids of the other tabs. */
  get tabs(): readonly string[] {
    return [...this.#tabs]
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** Says that this tab goes. */
  close(): void {
    this.#stop.abort()
    void this.#say("gone")
  }

  async #listen(): Promise<void> {
    try {
      await this.#bus.connected
      // Listening to notices, a gap ends nothing: what was missed is asked for again.
      const onNotice: NoticeListener = ({ type }) => void (type === "gap" && this.#say("who"))
      const events = this.#bus.subscribe(SUBJECT, { signal: this.#stop.signal, onNotice })
      await events.opened
      void this.#say("who")
      for await (const { data, from } of events) this.#heard(data, from)
    } catch {
      // The bus is over; its status says why.
    }
  }

  #heard(said: unknown, from: string | undefined): void {
    if (from === undefined || from === this.#bus.id) return
    if (said === "gone") this.#tabs.delete(from)
    else if (this.#tabs.size < MAX_TABS) this.#tabs.add(from)
    if (said === "who") void this.#say("here")
    this.#listeners.tell()
  }

  async #say(said: "who" | "here" | "gone"): Promise<void> {
    try {
      await this.#bus.publish(SUBJECT, said)
    } catch {
      // As above.
    }
  }
}
