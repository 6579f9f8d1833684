import {
  chunkCost,
  compactFrameBytes,
  Lane,
  LIMITS,
  type MessageReader,
  MessageWriter,
  setFrameAlias,
  setFrameNumber,
} from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"

export interface PatternRunsOptions {
  /** Of the pattern's frames. */
  readonly alias: number
  /** Where the first run begins. */
  readonly from: number
  /** All runs together end once they have so many bytes. */
  readonly maxBytes: number
  /** What is lost from this place on was lost to a reader that was there. */
  readonly tailAtBegin: number
}

/** Frames that are copied as they are, until the run is closed. */
interface Copied {
  readonly start: number
  readonly end: number
  /** Position of the first. */
  readonly position: number
}

/**
 * Builds a pattern's runs, numbered by position: each goes on where the one before ended, and begins by naming publisher
 * and subject. What says nothing but its data is copied.
 */
export class PatternRuns {
  readonly #options: PatternRunsOptions
  readonly #runs: Run[] = []
  readonly #writer = new MessageWriter()
  #copied: Copied[] = []
  #first: number
  #next: number
  #cost = 0
  #bytes = 0
  #origin: string | undefined
  #subject: string | undefined

  constructor(options: PatternRunsOptions) {
    this.#options = options
    this.#first = options.from
    this.#next = options.from
  }

  /** Whether all runs have so much that no more is wanted; something they have in any case. */
  get isFull(): boolean {
    const bytes = this.#bytes + this.#writer.length
    return bytes > 0 && bytes >= this.#options.maxBytes
  }

  /** Bytes that the run which is being built can still take. */
  get room(): number {
    return LIMITS.flushBytes - this.#writer.length
  }

  /** Adds a topic's frame, and names what differs from the frame before. */
  encode(position: number, frame: MessageReader, subject: string, origin: string | undefined): void {
    if (this.room <= 0) this.#close()
    const data = frame.data()
    const fields =
      subject === this.#subject && origin === this.#origin
        ? undefined
        : {
            subject: subject === this.#subject ? undefined : subject,
            origin: origin === this.#origin ? undefined : origin,
          }
    this.#writer.chunk(this.#options.alias, Lane.main, frame.flags, 0, position, data, fields)
    this.#subject = subject
    this.#added(position + 1, chunkCost(data.length), origin)
  }

  /** Adds frames of the subject that was named last, as they are; the last one is of `origin`. */
  copy(frames: Uint8Array, position: number, next: number, cost: number, origin: string | undefined): void {
    const start = this.#writer.length
    this.#writer.append(frames)
    this.#copied.push({ start, end: this.#writer.length, position })
    this.#added(next, cost, origin)
  }

  /** States that something is lost below `to`, where the message that began at `message` goes on. */
  gap(to: number, message: number): void {
    this.#close()
    const first = this.#first
    if (to <= first) return
    const { alias, tailAtBegin } = this.#options
    const reason = to > tailAtBegin ? "lagged" : "evicted"
    this.#writer.control(alias, 0, { lane: Lane.main, gap: [[first, to - 1]], first: to, message, reason })
    this.#next = to
    this.#close()
  }

  /** Up to `to` there is nothing more. */
  skip(to: number): void {
    this.#close()
    if (to > this.#first) this.#push(to, new Uint8Array(0))
  }

  /** All runs; nothing is added any more. */
  take(): readonly Run[] {
    this.#close()
    return this.#runs
  }

  #added(next: number, cost: number, origin: string | undefined): void {
    this.#origin = origin
    this.#cost += cost
    this.#next = next
  }

  #close(): void {
    if (this.#writer.length === 0) return
    const bytes = this.#writer.take().slice()
    for (const { start, end, position } of this.#copied) this.#renumber(bytes, start, end, position)
    this.#push(this.#next, bytes)
  }

  #renumber(bytes: Uint8Array, start: number, end: number, position: number): void {
    let number = position
    for (let offset = start; offset < end; offset += compactFrameBytes(bytes, offset)) {
      setFrameAlias(bytes, offset, this.#options.alias)
      setFrameNumber(bytes, offset, number++)
    }
  }

  #push(next: number, bytes: Uint8Array): void {
    const first = this.#first
    this.#runs.push({ lane: Lane.main, first, count: next - first, message: first, cost: this.#cost, bytes })
    this.#bytes += bytes.length
    this.#first = next
    this.#next = next
    this.#cost = 0
    this.#copied = []
    this.#origin = undefined
    this.#subject = undefined
  }
}
