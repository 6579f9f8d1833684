import type { Gap, Notice, ReaderEvents, StreamReader } from "@luxbus/dual-stream"
import { BusError, type JsonObject, Lane, type Outcome } from "@luxbus/packet"
import { type Attachment, type Cursor, formatCursor, formatIncarnation } from "@luxbus/session"
import type { Assembly } from "./assembly.ts"
import { deferred } from "./deferred.ts"
import { type NoticeListener, Notices } from "./notices.ts"
import { OutcomePromise } from "./outcome-promise.ts"
import { ReadableLane } from "./readable-lane.ts"

/** What the broker says as it begins to serve a hosted stream. */
export interface Opened {
  readonly epoch: number
  readonly headers: JsonObject
}

/**
 * A viewer of a hosted stream. It reconnects by itself and goes on where it was; closing it, or losing its connection,
 * changes nothing for the stream or for other viewers.
 */
export class AttachedStream implements AsyncDisposable {
  readonly name: string
  readonly main: ReadableLane
  readonly error: ReadableLane
  /** The one outcome. Rejects if the attachment was refused or closed before there was one. */
  readonly outcome: Promise<Outcome>
  /** Resolves when the broker serves the stream; rejects with `unknown_stream` where there is none. */
  readonly opened: Promise<Opened>
  readonly #notices: Notices
  readonly #outcome = deferred<Outcome>()
  readonly #opened = deferred<Opened>()
  readonly #release: (attachment: Attachment) => void
  #attachment: Attachment | undefined
  #cancelled: { readonly reason: string | undefined } | undefined
  #released = false

  /**
   * @param start begins the attachment with this handle's events
   * @param release lets go of it
   */
  constructor(
    name: string,
    onNotice: NoticeListener | undefined,
    start: (handle: AttachedStream) => Attachment,
    release: (attachment: Attachment) => void,
  ) {
    this.name = name
    this.#notices = new Notices(onNotice)
    this.#release = release
    const onGap = (gap: Gap) => this.#notices.tell(gap)
    this.main = new ReadableLane(Lane.main, onGap)
    this.error = new ReadableLane(Lane.error, onGap)
    this.outcome = new OutcomePromise(this.#outcome.promise, () => this.#attachment?.reader?.awaitOutcome())
    this.opened = this.#opened.promise
    this.#attachment = start(this)
  }

  /** What the attachment's reader tells this handle. */
  get readerEvents(): ReaderEvents {
    return {
      readable: (lane) => (lane === Lane.main ? this.main : this.error).changed(),
      notice: (notice: Notice) => void this.#notices.tell(notice),
      outcome: (outcome) => {
        this.#outcome.resolve(outcome)
        this.main.changed()
        this.error.changed()
      },
      completed: () => this.#letGo(),
      failed: (error) => this.#fail(error),
    }
  }

  /** The broker serves the stream. */
  bind(reader: StreamReader, assembly: Assembly, opened: Opened): void {
    this.main.bind(reader, assembly)
    this.error.bind(reader, assembly)
    this.#opened.resolve(opened)
    if (this.#cancelled !== undefined) reader.cancel(this.#cancelled.reason)
  }

  /** The broker refuses the attachment. */
  refuse(error: BusError): void {
    this.#opened.reject(error)
    this.#fail(error)
  }

  /** Where the application stands, to attach again later, elsewhere: the next chunk of each lane that it has not taken. */
  get cursor(): string {
    const reader = this.#attachment?.reader
    if (reader === undefined) throw new BusError("invalid_state", "Nothing was read yet: await opened first.")
    const cursor: Cursor = {
      epoch: reader.epoch,
      incarnation: formatIncarnation(reader.incarnation),
      main: reader.lane(Lane.main).position,
      error: reader.lane(Lane.error).position,
    }
    return formatCursor(cursor)
  }

  /** Asks the writer to stop; its AbortSignal fires. The outcome tells what came of it. */
  async cancel(reason?: string): Promise<void> {
    await this.opened
    this.#cancelled = { reason }
    this.#attachment?.reader?.cancel(reason)
  }

  /** @returns takes the listener away again */
  onNotice(listener: NoticeListener): () => void {
    return this.#notices.add(listener)
  }

  /** Stops viewing. Idempotent. */
  async close(): Promise<void> {
    this.#letGo()
    const error = new BusError("closed", "The attachment was closed.")
    this.#fail(error)
    this.main.close(error)
    this.error.close(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #letGo(): void {
    if (this.#released || this.#attachment === undefined) return
    this.#released = true
    this.#release(this.#attachment)
  }

  #fail(error: BusError): void {
    this.#opened.reject(error)
    this.#outcome.reject(error)
    this.main.fail(error)
    this.error.fail(error)
  }
}
