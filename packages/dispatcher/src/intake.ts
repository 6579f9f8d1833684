import type { Clock } from "@luxbus/clock"
import { type CreateHash, type Notice, type ReaderOptions, StreamReader } from "@luxbus/dual-stream"
import { type BusError, Lane, type Outcome } from "@luxbus/packet"
import type { Journal } from "@luxbus/stream-memory"
import { LogFeed } from "./log-feed.ts"
import { type LogIdentity, type LogOptions, StreamLog } from "./stream-log.ts"

type Ending = Omit<Outcome, "main" | "error"> & Partial<Pick<Outcome, "main" | "error">>

export interface IntakeEvents {
  /** The ring holds so many bytes more, or less. */
  grew(bytes: number): void
  /** The log has the outcome, after everything before it. */
  ended(outcome: Outcome): void
  /** There will be no outcome of the writer's. */
  failed(error: BusError): void
  /** The journal refused what must not be lost. */
  storageFailed(error: BusError): void
}

export interface IntakeComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly events: IntakeEvents
}

/** What arrives of a stream, and its way into the log: all of it, its outcome, and that its writer is away. */
export class Intake {
  readonly reader: StreamReader
  readonly #clock: Clock
  readonly #events: IntakeEvents
  #log: StreamLog | undefined
  #feed: LogFeed | undefined
  /** How it ends, until the journal has all of it. */
  #ending: Ending | undefined
  #finishing = false
  #suspendedUntilMs: number | undefined

  constructor({ clock, createHash, events }: IntakeComponents, options: ReaderOptions) {
    this.#clock = clock
    this.#events = events
    this.reader = new StreamReader(
      {
        clock,
        createHash,
        events: {
          readable: (lane) => {
            this.#feed?.take(lane)
            if (this.#ending !== undefined) this.#tryFinish()
          },
          notice: (notice) => this.#notice(notice),
          outcome: (outcome) => this.end(outcome),
          failed: (error) => events.failed(error),
        },
      },
      options,
    )
    // The log reads both lanes: neither is drained for the other's sake.
    this.reader.touch(Lane.main)
    this.reader.touch(Lane.error)
  }

  /** Undefined until it is open. */
  get log(): StreamLog | undefined {
    return this.#log
  }

  get outcome(): Outcome | undefined {
    return this.#log?.outcome
  }

  /** Milliseconds that the writer's absence is still waited for; undefined while it is there, or not awaited. */
  get suspendedLeftMs(): number | undefined {
    if (this.#suspendedUntilMs === undefined || this.outcome !== undefined) return undefined
    return Math.max(0, Math.ceil(this.#suspendedUntilMs - this.#clock.now()))
  }

  /** What was taken: bytes of data by lane, and chunks of both lanes, ENDs included. */
  get counts() {
    const { mainBytes = 0, errorBytes = 0, chunks = 0 } = this.#feed ?? {}
    return { mainBytes, errorBytes, chunks }
  }

  /** There is a log: what arrives goes into it, once `takeAll` was called. */
  open(journal: Journal, identity: LogIdentity, options: LogOptions): StreamLog {
    const events = this.#events
    const logEvents = { drained: () => this.takeAll(), failed: (error: BusError) => events.storageFailed(error) }
    const log = new StreamLog({ journal, events: logEvents }, identity, options)
    this.#log = log
    this.#feed = new LogFeed({
      clock: this.#clock,
      reader: this.reader,
      log,
      grew: (bytes) => events.grew(bytes),
    })
    return log
  }

  takeAll(): void {
    this.#feed?.take(Lane.main)
    this.#feed?.take(Lane.error)
    this.#tryFinish()
  }

  /** This is how it ends: behind what has arrived, or at the numbers that it names. The first end counts. */
  end(outcome: Ending): void {
    if (this.#ending !== undefined) return
    this.#ending = outcome
    this.takeAll()
  }

  /** What is still to come does not come: it ends where it is. */
  cut(outcome: Ending): void {
    if (this.#finishing) return
    this.#ending = outcome
    this.takeAll()
  }

  /** The readers are told that the writer, or the way to it, is away for at most so long. */
  suspended(leftMs: number): void {
    this.#suspendedUntilMs = this.#clock.now() + leftMs
    for (const reader of this.#log?.readers ?? []) reader.suspended(leftMs)
  }

  resumed(): void {
    this.#suspendedUntilMs = undefined
    for (const reader of this.#log?.readers ?? []) reader.resumed()
  }

  /** Lets go of the log: with an error its readers are put out, without one nobody is told. */
  close(error: BusError | undefined): void {
    this.#finishing = true
    this.#feed?.release()
    this.#log?.close(error)
  }

  /** Journals the outcome once the journal has what came before it. */
  #tryFinish(): void {
    const [log, feed] = [this.#log, this.#feed]
    if (this.#finishing || this.#ending === undefined || log === undefined || feed?.isDry !== true) return
    // A host states the outcome ahead of what it still serves.
    const { position } = this.reader
    const { main = 0, error = 0 } = this.#ending
    if (position.main < main || position.error < error) return
    feed.commit()
    feed.stop()
    this.#finishing = true
    log.finish({ ...this.#ending, ...position }, (outcome) => {
      this.#suspendedUntilMs = undefined
      this.#events.ended(outcome)
    })
  }

  #notice(notice: Notice): void {
    if (notice.type === "suspended" && notice.leftMs !== undefined) this.suspended(notice.leftMs)
    else if (notice.type === "resumed") this.resumed()
  }
}
