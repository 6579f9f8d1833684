import type { BrokerAliases } from "../broker-aliases.ts"
import type { Topic } from "../topic.ts"
import { LostTopics } from "./lost-topics.ts"
import { PatternLog } from "./pattern-log.ts"
import { SubjectTrie } from "./subject-trie.ts"

export interface PatternsComponents {
  readonly aliases: BrokerAliases
  /** Makes room for one more. @throws BusError `rate_limited` */
  readonly admit: () => void
  /** All topics that there are. */
  readonly topics: () => Iterable<Topic>
  readonly epoch: number
  readonly incarnation: Uint8Array
}

/**
 * The order in which the broker takes chunks over all its topics, and the patterns that are subscribed to. A topic that
 * no pattern matches has its places counted, and nothing more.
 */
export class Patterns {
  readonly #components: PatternsComponents
  readonly #byPattern = new Map<string, PatternLog>()
  readonly #trie = new SubjectTrie<PatternLog>()
  /** Topics by subject, for a pattern that comes; undefined while there is none. */
  #topics: SubjectTrie<Topic> | undefined
  readonly #lost = new LostTopics()
  /** Watched topics that have taken something since the last flush. */
  #changed = new Set<Topic>()
  #next = 0

  constructor(components: PatternsComponents) {
    this.#components = components
  }

  get size(): number {
    return this.#byPattern.size
  }

  /** The place of the next chunk. */
  get next(): number {
    return this.#next
  }

  /** @returns the first of so many places in a row */
  take(count: number): number {
    const first = this.#next
    this.#next += count
    return first
  }

  /** A topic that is watched has taken something, which it has not committed. */
  changed(topic: Topic): void {
    this.#changed.add(topic)
  }

  /** Commits what all watched topics have taken, so that no place is left out, and gives it to the patterns' readers. */
  flush(): void {
    const topics = this.#changed
    if (topics.size === 0) return
    this.#changed = new Set()
    for (const topic of topics) topic.commit()
    const logs: PatternLog[] = []
    for (const topic of topics) {
      for (const log of topic.watchers ?? []) if (log.changed(topic)) logs.push(log)
    }
    for (const log of logs) log.merge()
  }

  /**
   * The pattern, which must have been checked. Whoever asks for it releases it, when his reader has left or none has come
   * of it.
   * @throws BusError `rate_limited`
   */
  get(pattern: string): PatternLog {
    return this.#byPattern.get(pattern) ?? this.#create(pattern)
  }

  /** Lets go of a pattern that nobody reads. */
  release(log: PatternLog): void {
    if (log.readerCount > 0 || this.#byPattern.get(log.pattern) !== log) return
    this.#byPattern.delete(log.pattern)
    this.#trie.remove(log.pattern, log)
    this.#components.aliases.free(log.identity.alias)
    for (const topic of log.topics) unwatch(log, topic)
    if (this.#byPattern.size > 0) return
    this.#topics = undefined
    this.#changed.clear()
  }

  /** Puts out everybody; nobody is told. */
  close(): void {
    for (const log of [...this.#byPattern.values()]) log.close()
  }

  /** There is a new topic. */
  appeared(topic: Topic): void {
    if (this.#topics === undefined) return
    this.#topics.add(topic.subject, topic)
    this.#trie.match(topic.subject, (log) => watch(log, topic))
  }

  /** A topic is gone with all that it had. */
  forgotten(topic: Topic): void {
    const { end } = topic.trail
    if (end > 0) this.#lost.add(topic.subject, end)
    this.#topics?.remove(topic.subject, topic)
    for (const log of topic.watchers ?? []) log.topics.delete(topic)
    topic.watchers = undefined
  }

  #create(pattern: string): PatternLog {
    const { aliases, admit, epoch, incarnation } = this.#components
    admit()
    const identity = { name: pattern, epoch, incarnation, alias: aliases.allot() }
    const matching: Topic[] = []
    this.#topics ??= this.#index()
    this.#topics.within(pattern, (topic) => void matching.push(topic))
    for (const topic of matching) topic.commit()
    const log = new PatternLog(identity, this.#lost, this.#next)
    for (const topic of matching) watch(log, topic)
    this.#byPattern.set(pattern, log)
    this.#trie.add(pattern, log)
    return log
  }

  #index(): SubjectTrie<Topic> {
    const index = new SubjectTrie<Topic>()
    for (const topic of this.#components.topics()) index.add(topic.subject, topic)
    return index
  }
}

function watch(log: PatternLog, topic: Topic): void {
  log.topics.add(topic)
  topic.watchers ??= new Set()
  topic.watchers.add(log)
}

function unwatch(log: PatternLog, topic: Topic): void {
  topic.watchers?.delete(log)
  if (topic.watchers?.size === 0) topic.watchers = undefined
}
