import type { Clock } from "@luxbus/clock"
import { type BusError, ChunkFlag, FrameType, Lane, LIMITS, toHex } from "@luxbus/packet"
import type { MemoryJournal, Run } from "@luxbus/stream-memory"
import { firstOfLast } from "./last-messages.ts"
import type { PatternLog } from "./patterns/pattern-log.ts"
import type { Patterns } from "./patterns/patterns.ts"
import { Trail } from "./patterns/trail.ts"
import { RunBuilder } from "./run-builder.ts"
import type { From, TopicFrom } from "./start-position.ts"
import { type LogIdentity, StreamLog } from "./stream-log.ts"
import { TopicHistory } from "./topic-history.ts"
import type { TopicBounds } from "./topic-policy.ts"

export interface TopicComponents {
  readonly clock: Clock
  readonly journal: MemoryJournal
  /** The order over all topics, and who subscribes to several of them at once. */
  readonly patterns: Patterns
  readonly events: {
    /** The ring holds so many bytes more, or less. */
    grew(bytes: number): void
    failed(error: BusError): void
  }
}

/**
 * What publishers send to one subject: a log without a writer and without an end. Whole messages only, in the order of
 * their coming; one turn's make one run. A frame bears its publisher's id when it differs from the frame before in its
 * run.
 */
export class Topic {
  readonly subject: string
  readonly log: StreamLog
  /** The places of its chunks in the order over all topics. */
  readonly trail = new Trail()
  /** The patterns that are subscribed to and match; undefined: none. Theirs to change. */
  watchers: Set<PatternLog> | undefined
  readonly #journal: MemoryJournal
  readonly #patterns: Patterns
  readonly #clock: Clock
  readonly #events: TopicComponents["events"]
  readonly #builder: RunBuilder
  readonly #history: TopicHistory | undefined
  /** Whether who subscribes from now on begins with the last message. */
  readonly #retains: boolean
  /** Publisher of the last frame in the run that is being built. */
  #origin: string | undefined
  #commitPlanned = false
  #heldBytes = 0
  /** Messages that end in the run that is being built. */
  #messages = 0
  /** First chunks of the last message that is whole, and of the one that comes next. */
  #lastMessage = 0
  #nextMessage = 0
  /** First chunk of the last whole message that is in the log. */
  #lastInLog = 0
  #activeAtMs: number
  #forgotten = false
  #isAppending = false
  readonly #commitLater = () => {
    this.#commitPlanned = false
    this.#flush()
  }

  /** `bounds` are those of its history; without, the journal's own are all. */
  constructor(components: TopicComponents, identity: LogIdentity, bounds?: TopicBounds) {
    const { clock, journal, patterns, events } = components
    this.subject = identity.name
    this.#journal = journal
    this.#patterns = patterns
    this.#clock = clock
    this.#events = events
    this.#activeAtMs = clock.now()
    const logEvents = { drained: () => {}, failed: events.failed }
    this.log = new StreamLog({ journal, events: logEvents }, identity, {
      from: FROM_START,
      fromMessages: FROM_START,
      hasOrigins: true,
    })
    this.#builder = new RunBuilder(Lane.main, identity.alias, 0)
    this.#history = bounds && new TopicHistory({ clock, journal }, bounds)
    this.#retains = bounds?.retain === true
  }

  /** Whether the subject has another topic now, or none. */
  get forgotten(): boolean {
    return this.#forgotten
  }

  /** When it was last published or subscribed to. */
  get activeAtMs(): number {
    return this.#activeAtMs
  }

  /** Whether it has a history that holds something: it must not be forgotten. */
  get holdsHistory(): boolean {
    return this.#history !== undefined && this.#heldBytes > 0
  }

  /** The number of the chunk that comes next. */
  get next(): number {
    return this.#builder.next
  }

  /** Whether the publisher's next frame must name it. */
  needsOrigin(origin: string): boolean {
    return origin !== this.#origin
  }

  /** Adds one frame. Those of one message are added in one turn of the caller's, so that nothing comes between them. */
  add(origin: string, flags: number, data: Uint8Array): void {
    this.#place(1)
    const fields = this.needsOrigin(origin) ? { origin } : undefined
    this.#builder.encode(FrameType.chunk, flags, data, fields)
    this.#origin = origin
    if ((flags & ChunkFlag.more) === 0) {
      this.#messages++
      this.#lastMessage = this.#nextMessage
      this.#nextMessage = this.#builder.next
    }
    this.#added()
  }

  /** Adds frames, each a whole message without fields, as they came, behind one of the same publisher's. */
  addFrames(frames: Uint8Array, count: number, cost: number): void {
    this.#place(count)
    this.#builder.copy(frames, count, cost)
    this.#messages += count
    this.#nextMessage = this.#builder.next
    this.#lastMessage = this.#nextMessage - 1
    this.#added()
  }

  /** Gives the log what was taken since the last time. */
  commit(): void {
    if (this.#builder.empty || this.#forgotten) return
    this.#origin = undefined
    this.touch()
    this.#isAppending = true
    this.log.append([this.#builder.take()])
    this.#isAppending = false
    if (this.#history !== undefined) {
      const { next } = this.#builder
      const run = { next, messages: this.#messages, goesOn: next !== this.#nextMessage }
      this.#history.appended(run, this.#lastMessage)
    }
    this.#messages = 0
    this.#lastInLog = this.#lastMessage
    this.#grew()
  }

  /** The run that holds a chunk. @throws BusError `gap` where it was evicted */
  read(number: number): Run {
    return this.#journal.read(Lane.main, number, 0)[0]!
  }

  /** The trail is of what the log holds now, also for who is given a run while it is appended. */
  settleTrail(): void {
    if (this.#isAppending) this.#trimTrail()
  }

  /** Notes that it is in use. */
  touch(): void {
    this.#activeAtMs = this.#clock.now()
  }

  /**
   * Where a subscriber begins: with the last messages for who asks for them, and with the last one where that is retained
   * for who asks for what comes from now on.
   */
  place(from: TopicFrom): From {
    // What is being built is not in the log yet, and comes behind it in any case.
    if (from.type === "last") return this.#cursor(firstOfLast(this, from.messages))
    if (from.type !== "now" || !this.#retains || this.log.next(Lane.main) === 0) return from
    return this.#cursor(this.#lastInLog)
  }

  /** Lets go of what its history is too old for. */
  expire(): void {
    this.#history?.expire()
    this.#grew()
  }

  /** Lets go of everything: with an error the subscribers are put out, without one nobody is told. */
  close(error?: BusError): void {
    this.#forgotten = true
    this.log.close(error)
    this.#events.grew(-this.#heldBytes)
  }

  /** The next chunks get their places. */
  #place(count: number): void {
    if (this.watchers !== undefined && this.#builder.empty) this.#patterns.changed(this)
    this.trail.add(this.#builder.next, this.#patterns.take(count), count)
  }

  #cursor(main: number): From {
    const { epoch, incarnation } = this.log.identity
    return { type: "cursor", epoch, incarnation: toHex(incarnation), main, error: 0 }
  }

  #added(): void {
    if (this.#builder.byteLength >= LIMITS.flushBytes) {
      this.#flush()
    } else if (!this.#commitPlanned) {
      this.#commitPlanned = true
      this.#clock.defer(this.#commitLater)
    }
  }

  /** Commits. Who is watched does so along with all others that are. */
  #flush(): void {
    if (this.watchers === undefined) this.commit()
    else this.#patterns.flush()
  }

  #trimTrail(): void {
    this.trail.trim(this.log.bounds(Lane.main).first)
  }

  #grew(): void {
    this.#trimTrail()
    const { heldBytes } = this.log
    if (heldBytes === this.#heldBytes) return
    this.#events.grew(heldBytes - this.#heldBytes)
    this.#heldBytes = heldBytes
  }
}

const FROM_START = { main: 0, error: 0 } as const
