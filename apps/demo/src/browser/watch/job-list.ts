import type { Bus, HostedSummary } from "@luxbus/client"
import { Listeners, type Observable } from "../shared/observable.ts"

const REFRESH_MS = 1_000

/** What the broker hosts, asked for again every second while somebody looks. */
export class JobList implements Observable {
  readonly #bus: Bus
  readonly #listeners = new Listeners()
  readonly #isLooked: () => boolean
  #jobs: readonly HostedSummary[] | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  /** @param isLooked whether anybody sees it now */
  constructor(bus: Bus, isLooked: () => boolean) {
    this.#bus = bus
    this.#isLooked = isLooked
    void this.#refreshForEver()
  }

  /** Newest first; undefined before the first answer. */
  get jobs(): readonly HostedSummary[] | undefined {
    return this.#jobs
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** Asks now. */
  async refresh(): Promise<void> {
    const jobs = await this.#bus.list()
    this.#jobs = jobs.toSorted((a, b) => b.startedAtMs - a.startedAtMs)
    this.#listeners.tell()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #refreshForEver(): Promise<void> {
    try {
      if (this.#isLooked()) await this.refresh()
    } catch {
      // The bus's status tells why; once that is "closed" nothing is asked any more.
      if (this.#bus.status.state === "closed") return
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#refreshForEver(), REFRESH_MS)
  }
}
