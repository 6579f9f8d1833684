import type { Clock, Timer } from "@luxbus/clock"
import { assertSubject, BusError } from "@luxbus/packet"
import { MemoryJournal } from "@luxbus/stream-memory"
import type { BrokerAliases } from "./broker-aliases.ts"
import type { Epochs } from "./epochs.ts"
import { Topic } from "./topic.ts"

export interface TopicsComponents {
  readonly clock: Clock
  readonly aliases: BrokerAliases
  readonly epochs: Epochs
  readonly incarnation: Uint8Array
  /** Makes room for one more stream. @throws BusError `rate_limited` */
  readonly admit: () => void
  /** The rings hold so many bytes more, or less. */
  readonly grew: (bytes: number) => void
}

/** All topics, by subject. Who is neither subscribed nor published to is forgotten after a while. */
export class Topics {
  readonly #components: TopicsComponents
  readonly #options: { readonly ringBytes: number; readonly idleMs: number }
  readonly #bySubject = new Map<string, Topic>()
  #sweepTimer: Timer | undefined

  constructor(components: TopicsComponents, options: { readonly ringBytes: number; readonly idleMs: number }) {
    this.#components = components
    this.#options = options
  }

  get size(): number {
    return this.#bySubject.size
  }

  /**
   * The subject's topic, made where there is none.
   * @throws BusError `invalid_argument`, `rate_limited`
   */
  get(subject: string): Topic {
    return this.#bySubject.get(subject) ?? this.#create(subject)
  }

  /** Forgets all of them; nobody is told. */
  close(): void {
    this.#sweepTimer?.cancel()
    this.#sweepTimer = undefined
    for (const topic of [...this.#bySubject.values()]) this.#forget(topic)
  }

  #create(subject: string): Topic {
    assertSubject(subject)
    const { clock, aliases, epochs, incarnation, admit, grew } = this.#components
    admit()
    const identity = { name: subject, epoch: epochs.next(undefined), incarnation, alias: aliases.allot() }
    const journal = new MemoryJournal({ maxBytes: this.#options.ringBytes })
    const failed = (error: BusError) => this.#forget(topic, error)
    const topic = new Topic({ clock, journal, events: { grew, failed } }, identity)
    this.#bySubject.set(subject, topic)
    this.#planSweep(this.#options.idleMs)
    return topic
  }

  #planSweep(delayMs: number): void {
    this.#sweepTimer ??= this.#components.clock.setTimer(delayMs, () => this.#sweep())
  }

  /** Looks at all topics at once: a timer for each, moved with each publication, would cost more. */
  #sweep(): void {
    this.#sweepTimer = undefined
    const { idleMs } = this.#options
    const now = this.#components.clock.now()
    let oldest = now
    for (const topic of [...this.#bySubject.values()]) {
      if (topic.log.readerCount > 0) topic.touch()
      if (topic.activeAtMs + idleMs <= now) this.#forget(topic, new BusError("expired", "the topic was idle"))
      else oldest = Math.min(oldest, topic.activeAtMs)
    }
    if (this.#bySubject.size > 0) this.#planSweep(Math.max(idleMs / 10, oldest + idleMs - now))
  }

  #forget(topic: Topic, error?: BusError): void {
    if (this.#bySubject.get(topic.subject) !== topic) return
    this.#bySubject.delete(topic.subject)
    this.#components.aliases.free(topic.log.identity.alias)
    this.#components.epochs.forget(topic.log.identity.epoch)
    topic.close(error)
  }
}
