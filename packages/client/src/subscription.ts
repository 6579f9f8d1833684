import type { ReaderEvents, StreamReader } from "@luxbus/dual-stream"
import { BusError, Lane } from "@luxbus/packet"
import { type Attachment, formatCursor, formatIncarnation } from "@luxbus/session"
import type { Assembly } from "./assembly.ts"
import { deferred } from "./deferred.ts"
import { type NoticeListener, Notices } from "./notices.ts"
import type { Payload } from "./payload.ts"
import { ReadableLane } from "./readable-lane.ts"

/** One published message. */
export interface BusEvent {
  /** What it was published to. */
  readonly subject: string
  readonly data: Payload
  /** The client id of who published it. */
  readonly from: string | undefined
  /**
   * Where the topic goes on after it: `subscribe(subject, { from: cursor })`. Of a pattern: where any pattern does. Of a
   * member of a group: nowhere else.
   */
  readonly cursor: string
  /** How often it was sent to members of the group, this time included; outside of groups always 1. */
  readonly attempt: number
}

/**
 * What is published on a subject, or on all that a pattern matches, from here on or from a cursor. It reconnects by itself; what is lost for a slow or
 * absent reader is a `gap`: thrown, unless somebody listens to notices.
 */
export class Subscription implements AsyncIterable<BusEvent>, AsyncDisposable {
  /** The subject or pattern. */
  readonly subject: string
  /** Resolves when the broker serves the subscription: what is published after that arrives. */
  readonly opened: Promise<void>
  readonly #notices: Notices
  readonly #opened = deferred<void>()
  readonly #release: (attachment: Attachment) => void
  readonly #attachment: Attachment
  readonly #lane: ReadableLane
  #closed = false

  constructor(
    subject: string,
    onNotice: NoticeListener | undefined,
    start: (handle: Subscription) => Attachment,
    release: (attachment: Attachment) => void,
  ) {
    this.subject = subject
    this.#notices = new Notices(onNotice)
    this.#release = release
    this.#lane = new ReadableLane(Lane.main, (gap) => this.#notices.tell(gap))
    this.opened = this.#opened.promise
    this.#attachment = start(this)
  }

  get readerEvents(): ReaderEvents {
    return {
      readable: () => this.#lane.changed(),
      notice: (notice) => void this.#notices.tell(notice),
      outcome: () => this.#lane.changed(),
      failed: (error) => this.#lane.fail(error),
    }
  }

  /** The broker serves the subscription. */
  bind(reader: StreamReader, assembly: Assembly): void {
    this.#lane.bind(reader, assembly)
    this.#opened.resolve()
  }

  /** The broker refuses the subscription. */
  refuse(error: BusError): void {
    this.#opened.reject(error)
    this.#lane.fail(error)
  }

  /** @returns takes the listener away again */
  onNotice(listener: NoticeListener): () => void {
    return this.#notices.add(listener)
  }

  /**
   * Says that all messages that were read are done with: in a group nobody else gets them. `next` does so, too; what was
   * read last when the subscription closes was not.
   */
  acknowledge(): void {
    const { isMember, reader } = this.#attachment
    if (isMember) reader?.acknowledge(reader.lane(Lane.main).position)
  }

  /** The next message; undefined once the subscription was closed. */
  async next(signal?: AbortSignal): Promise<BusEvent | undefined> {
    this.acknowledge()
    try {
      const data = await this.#lane.next(signal)
      return data === undefined ? undefined : this.#event(data)
    } catch (error) {
      if (this.#closed) return undefined
      throw error
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterator<BusEvent> {
    try {
      for (let event = await this.next(); event !== undefined; event = await this.next()) yield event
    } finally {
      await this.close()
    }
  }

  /** Ends the subscription and its iteration. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#release(this.#attachment)
    const error = new BusError("closed", "The subscription was closed.")
    this.#opened.reject(error)
    this.#lane.close(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #event(data: Payload): BusEvent {
    const reader = this.#attachment.reader
    const { subject = this.subject, origin, attempt } = this.#lane
    return new ReceivedEvent(subject, data, origin, attempt, reader, reader?.lane(Lane.main).position ?? 0)
  }
}

/** A message that has arrived. Its cursor is built when it is asked for: most never are. */
class ReceivedEvent implements BusEvent {
  readonly subject: string
  readonly data: Payload
  readonly from: string | undefined
  readonly attempt: number
  readonly #reader: StreamReader | undefined
  readonly #next: number

  constructor(
    subject: string,
    data: Payload,
    from: string | undefined,
    attempt: number,
    reader: StreamReader | undefined,
    next: number,
  ) {
    this.subject = subject
    this.data = data
    this.from = from
    this.attempt = attempt
    this.#reader = reader
    this.#next = next
  }

  get cursor(): string {
    const { epoch = 0, incarnation } = this.#reader ?? {}
    return formatCursor({ epoch, incarnation: formatIncarnation(incarnation), main: this.#next, error: 0 })
  }
}
