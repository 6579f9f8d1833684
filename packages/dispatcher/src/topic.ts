import type { Clock } from "@luxbus/clock"
import { type BusError, FrameType, Lane, LIMITS } from "@luxbus/packet"
import type { Journal } from "@luxbus/stream-memory"
import { RunBuilder } from "./run-builder.ts"
import { type LogIdentity, StreamLog } from "./stream-log.ts"

export interface TopicComponents {
  readonly clock: Clock
  readonly journal: Journal
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
  readonly #clock: Clock
  readonly #events: TopicComponents["events"]
  readonly #builder: RunBuilder
  /** Publisher of the last frame in the run that is being built. */
  #origin: string | undefined
  #commitPlanned = false
  #heldBytes = 0
  #activeAtMs: number
  #forgotten = false
  readonly #commitLater = () => {
    this.#commitPlanned = false
    this.#commit()
  }

  constructor(components: TopicComponents, identity: LogIdentity) {
    const { clock, journal, events } = components
    this.subject = identity.name
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
  }

  /** Whether the subject has another topic now, or none. */
  get forgotten(): boolean {
    return this.#forgotten
  }

  /** When it was last published or subscribed to. */
  get activeAtMs(): number {
    return this.#activeAtMs
  }

  /** Whether the publisher's next frame must name it. */
  needsOrigin(origin: string): boolean {
    return origin !== this.#origin
  }

  /** Adds one frame. Those of one message are added in one turn of the caller's, so that nothing comes between them. */
  add(origin: string, flags: number, data: Uint8Array): void {
    const fields = this.needsOrigin(origin) ? { origin } : undefined
    this.#builder.encode(FrameType.chunk, flags, data, fields)
    this.#origin = origin
    this.#added()
  }

  /** Adds frames, each a whole message without fields, as they came, behind one of the same publisher's. */
  addFrames(frames: Uint8Array, count: number, cost: number): void {
    this.#builder.copy(frames, count, cost)
    this.#added()
  }

  /** Notes that it is in use. */
  touch(): void {
    this.#activeAtMs = this.#clock.now()
  }

  /** Lets go of everything: with an error the subscribers are put out, without one nobody is told. */
  close(error?: BusError): void {
    this.#forgotten = true
    this.log.close(error)
    this.#events.grew(-this.#heldBytes)
  }

  #added(): void {
    if (this.#builder.byteLength >= LIMITS.flushBytes) {
      this.#commit()
    } else if (!this.#commitPlanned) {
      this.#commitPlanned = true
      this.#clock.defer(this.#commitLater)
    }
  }

  #commit(): void {
    if (this.#builder.empty || this.#forgotten) return
    this.#origin = undefined
    this.touch()
    this.log.append([this.#builder.take()])
    const heldBytes = this.log.heldBytes
    this.#events.grew(heldBytes - this.#heldBytes)
    this.#heldBytes = heldBytes
  }
}

const FROM_START = { main: 0, error: 0 } as const
