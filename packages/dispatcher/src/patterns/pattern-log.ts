import { type DataLane, Lane, toHex } from "@luxbus/packet"
import type { LaneBounds, Run } from "@luxbus/stream-memory"
import type { ReadableLog } from "../readable-log.ts"
import { messageOf } from "../run-frames.ts"
import { type From, invalidFrom, type Position } from "../start-position.ts"
import type { LogIdentity, LogSubscriber } from "../stream-log.ts"
import type { Topic } from "../topic.ts"
import type { LostTopics } from "./lost-topics.ts"
import { mergeTopics } from "./merge-topics.ts"

const FROM_START = { main: 0, error: 0 } as const
const NOTHING_EVICTED = { first: 0, message: 0, costBelow: 0 } as const

/** What a subscriber is told of what is lost. */
interface PatternReader {
  /** How many topics were gone before, of which nothing is said. */
  readonly lostSince: number
  /** The tail as it came: what is lost from there on, it was too slow for. */
  readonly tailAtBegin: number
}

/**
 * One pattern that is subscribed to: what its topics take comes together at the end of each turn as one run for all
 * subscribers at the tail, numbered by places in the broker's order. Who is behind has it merged out of the topics'
 * journals. It keeps no message itself.
 */
export class PatternLog {
  readonly identity: LogIdentity
  /** All that the pattern matches. */
  readonly topics = new Set<Topic>()
  readonly lost: LostTopics
  readonly #readers = new Set<LogSubscriber>()
  /** Topics that have taken something since the last run. */
  #changed: Topic[] = []
  #next: number
  /** First chunk of the message that holds `next`. */
  #message: number

  /** @param next where it begins: all that lies below has been committed */
  constructor(identity: LogIdentity, lost: LostTopics, next: number) {
    this.identity = identity
    this.lost = lost
    this.#next = next
    this.#message = next
  }

  get pattern(): string {
    return this.identity.name
  }

  get readerCount(): number {
    return this.#readers.size
  }

  /** The place behind the last chunk that readers may have. */
  get next(): number {
    return this.#next
  }

  add(reader: LogSubscriber): void {
    this.#readers.add(reader)
  }

  remove(reader: LogSubscriber): void {
    this.#readers.delete(reader)
  }

  /** Lets go of its readers, who are not told. */
  close(): void {
    for (const reader of [...this.#readers]) reader.close(undefined)
  }

  /** One of its topics has taken something. @returns whether it is the first since the last run */
  changed(topic: Topic): boolean {
    return this.#changed.push(topic) === 1
  }

  /** Gives what changed topics have committed since to everybody at the tail. */
  merge(): void {
    const changed = this.#changed.filter(({ forgotten }) => !forgotten)
    this.#changed = []
    let last: Topic | undefined
    for (const topic of changed) if (last === undefined || topic.trail.end > last.trail.end) last = topic
    const from = this.#next
    const to = last?.trail.end ?? 0
    if (last === undefined || to <= from) return
    const runs = this.#merged(changed, [], { from, to, maxBytes: Number.POSITIVE_INFINITY, tailAtBegin: from })
    this.#next = to
    this.#message = to - (last.log.next(Lane.main) - last.log.message(Lane.main))
    for (const run of runs) for (const reader of this.#readers) reader.offer(run)
  }

  /** As one subscriber reads it. Who asks for all that there is hears nothing of topics that were gone before. */
  view(from: From): ReadableLog {
    return new PatternView(this, { lostSince: from.type === "start" ? this.lost.count : 0, tailAtBegin: this.#next })
  }

  /** What lies from `from` on, up to the tail. */
  read(from: number, maxBytes: number, reader: PatternReader): readonly Run[] {
    const lost = this.lost.endsBehind(from, this.pattern, reader.lostSince)
    const { tailAtBegin } = reader
    return this.#merged(this.topics, lost, { from, to: this.#next, maxBytes, tailAtBegin })
  }

  /**
   * Where a subscriber begins.
   * @param limit behind every place that was given out
   * @throws BusError `invalid_argument` for a cursor behind it
   */
  place(from: From, limit: number): Position {
    const error = { next: 0, message: 0, otherEpoch: false }
    if (from.type === "start") return { main: error, error }
    if (from.type === "now") return { main: this.#atTail, error }
    const { epoch, incarnation } = this.identity
    const otherEpoch = from.epoch !== epoch || from.incarnation !== toHex(incarnation)
    if (otherEpoch) return { main: { ...error, otherEpoch }, error: { ...error, otherEpoch } }
    if (from.main > limit) throw invalidFrom("from.main lies beyond what was published", { next: limit })
    if (from.main >= this.#next) return { main: this.#atTail, error }
    return { main: { next: from.main, message: this.#messageAt(from.main), otherEpoch }, error }
  }

  get #atTail() {
    return { next: this.#next, message: this.#message, otherEpoch: false }
  }

  #merged(
    topics: Iterable<Topic>,
    lost: readonly number[],
    options: { readonly from: number; readonly to: number; readonly maxBytes: number; readonly tailAtBegin: number },
  ): readonly Run[] {
    return mergeTopics(topics, lost, { alias: this.identity.alias, ...options })
  }

  /** First chunk of the message that goes on at this place. */
  #messageAt(position: number): number {
    for (const topic of this.topics) {
      if (topic.trail.end <= position) continue
      topic.settleTrail()
      const number = topic.trail.numberFrom(position)
      if (number >= topic.log.next(Lane.main) || topic.trail.positionOf(number) !== position) continue
      return position - (number - messageOf(topic.read(number), number))
    }
    return position
  }
}

/** A pattern as one subscriber reads it. */
class PatternView implements ReadableLog {
  readonly hasOrigins = true
  readonly isSparse = true
  readonly from = FROM_START
  readonly outcome = undefined
  readonly #log: PatternLog
  readonly #reader: PatternReader

  constructor(log: PatternLog, reader: PatternReader) {
    this.#log = log
    this.#reader = reader
  }

  get identity(): LogIdentity {
    return this.#log.identity
  }

  add(reader: LogSubscriber): void {
    this.#log.add(reader)
  }

  remove(reader: LogSubscriber): void {
    this.#log.remove(reader)
  }

  next(lane: DataLane): number {
    return lane === Lane.main ? this.#log.next : 0
  }

  /** What topics have evicted is told in its place, by a run. */
  bounds(lane: DataLane): LaneBounds {
    return { ...NOTHING_EVICTED, next: this.next(lane) }
  }

  read(_lane: DataLane, from: number, maxBytes: number): readonly Run[] {
    return this.#log.read(from, maxBytes, this.#reader)
  }
}
