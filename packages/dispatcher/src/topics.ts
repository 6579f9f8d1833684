import type { Clock, Timer } from "@luxbus/clock"
import { assertSubject, BusError } from "@luxbus/packet"
import { MemoryJournal } from "@luxbus/stream-memory"
import type { BrokerAliases } from "./broker-aliases.ts"
import type { Epochs } from "./epochs.ts"
import { Patterns } from "./patterns/patterns.ts"
import { Topic } from "./topic.ts"
import { boundsOf, type TopicPolicy } from "./topic-policy.ts"

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

export interface TopicsOptions {
  readonly ringBytes: number
  readonly idleMs: number
  /** The first one that matches a subject is its own. */
  readonly policies: readonly TopicPolicy[]
}

/** Expired messages are looked for so often: a second more or less in memory is nothing, and no subscriber meets them. */
const EXPIRE_EVERY_MS = 1_000

/**
 * All topics, by subject. Who is neither subscribed nor published to, and has no history that holds something, is
 * forgotten after a while.
 */
export class Topics {
  readonly #components: TopicsComponents
  readonly #options: TopicsOptions
  readonly #bySubject = new Map<string, Topic>()
  /** What is subscribed to by pattern. */
  readonly patterns: Patterns
  #sweepTimer: Timer | undefined
  /** Topics whose messages go by age. */
  readonly #aging = new Set<Topic>()
  #expireTimer: Timer | undefined

  constructor(components: TopicsComponents, options: TopicsOptions) {
    this.#components = components
    this.#options = options
    const { aliases, epochs, incarnation, admit } = components
    // Below every topic's: no cursor of a topic is taken for a place in the order of all.
    const epoch = Math.max(0, epochs.next(undefined) - 1)
    this.patterns = new Patterns({ aliases, admit, epoch, incarnation, topics: () => this.#bySubject.values() })
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
    this.#expireTimer?.cancel()
    this.#expireTimer = undefined
    this.patterns.close()
    for (const topic of [...this.#bySubject.values()]) this.#forget(topic)
  }

  #create(subject: string): Topic {
    assertSubject(subject)
    const { clock, aliases, epochs, incarnation, admit, grew } = this.#components
    admit()
    const identity = { name: subject, epoch: epochs.next(undefined), incarnation, alias: aliases.allot() }
    const { ringBytes, idleMs, policies } = this.#options
    const bounds = boundsOf(policies, subject, ringBytes)
    const journal = new MemoryJournal({ maxBytes: bounds === undefined ? ringBytes : Number.POSITIVE_INFINITY })
    const failed = (error: BusError) => this.#forget(topic, error)
    const topic = new Topic({ clock, journal, patterns: this.patterns, events: { grew, failed } }, identity, bounds)
    this.#bySubject.set(subject, topic)
    this.patterns.appeared(topic)
    this.#planSweep(idleMs)
    if (bounds !== undefined && bounds.ageMs < Number.POSITIVE_INFINITY) {
      this.#aging.add(topic)
      this.#planExpiry()
    }
    return topic
  }

  #planSweep(delayMs: number): void {
    this.#sweepTimer ??= this.#components.clock.setTimer(delayMs, () => this.#sweep())
  }

  /** One timer for all topics; it runs while there is one whose messages go by age. */
  #planExpiry(): void {
    this.#expireTimer ??= this.#components.clock.setTimer(EXPIRE_EVERY_MS, () => this.#expire())
  }

  #expire(): void {
    this.#expireTimer = undefined
    for (const topic of this.#aging) topic.expire()
    if (this.#aging.size > 0) this.#planExpiry()
  }

  /** Looks at all topics at once: a timer for each, moved with each publication, would cost more. */
  #sweep(): void {
    this.#sweepTimer = undefined
    const { idleMs } = this.#options
    const now = this.#components.clock.now()
    let oldest = now
    for (const topic of [...this.#bySubject.values()]) {
      if (topic.log.readerCount > 0 || topic.holdsHistory) topic.touch()
      if (topic.activeAtMs + idleMs <= now) this.#forget(topic, new BusError("expired", "the topic was idle"))
      else oldest = Math.min(oldest, topic.activeAtMs)
    }
    if (this.#bySubject.size > 0) this.#planSweep(Math.max(idleMs / 10, oldest + idleMs - now))
  }

  #forget(topic: Topic, error?: BusError): void {
    if (this.#bySubject.get(topic.subject) !== topic) return
    this.#bySubject.delete(topic.subject)
    this.#aging.delete(topic)
    this.#components.aliases.free(topic.log.identity.alias)
    this.#components.epochs.forget(topic.log.identity.epoch)
    this.patterns.forgotten(topic)
    topic.close(error)
  }
}
