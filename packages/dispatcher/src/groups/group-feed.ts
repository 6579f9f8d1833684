import { type BusError, ChunkFlag, Lane, LIMITS, MessageReader } from "@luxbus/packet"
import { Ring, type Run } from "@luxbus/stream-memory"
import type { MessageChunk } from "../message-chunk.ts"
import { isGap } from "../run-frames.ts"
import type { LogIdentity, LogSubscriber, StreamLog } from "../stream-log.ts"
import { whenSettled } from "../when-settled.ts"
import type { GroupSource, GroupSourceEvents } from "./group.ts"
import type { GroupItem, GroupMessage } from "./group-item.ts"

/**
 * A group's one place in its topic's log: whole messages, once each, in their order. It reads ahead no more than one
 * batch, so that what nobody has room for stays in the ring, and what the ring lets go of meanwhile is a gap.
 */
export class GroupFeed implements GroupSource, LogSubscriber {
  readonly #log: StreamLog
  readonly #events: GroupSourceEvents
  readonly #reader = new MessageReader({ acceptedFlags: ChunkFlag.compressed | ChunkFlag.encrypted })
  /** What members that are gone have not acknowledged, the oldest first. */
  readonly #returned = new Ring<GroupItem>()
  readonly #ready = new Ring<GroupItem>()
  /** The next chunk to read. */
  #next: number
  /** Of a message that is not whole yet. */
  #parts: MessageChunk[] = []
  /** What comes is the rest of a message whose beginning is gone. */
  #insideMessage: boolean
  #reading = false

  /** @param first the chunk to begin with, and the first one of its message */
  constructor(
    log: StreamLog,
    position: { readonly next: number; readonly message: number },
    events: GroupSourceEvents,
  ) {
    this.#log = log
    this.#events = events
    this.#next = position.next
    this.#insideMessage = position.message < position.next
    log.add(this)
  }

  /** The next message, or what is gone before it; undefined while there is none. */
  take(): GroupItem | undefined {
    if (this.#returned.length > 0) return this.#returned.shift()
    // One batch may hold no more than a part of a message.
    while (this.#ready.length === 0 && this.#read()) {}
    return this.#ready.shift()
  }

  giveBack(items: readonly GroupItem[]): void {
    for (const item of items) this.#returned.push(item)
  }

  /** What was taken out of the log is not counted. */
  acknowledged(): void {}

  get identity(): LogIdentity {
    return this.#log.identity
  }

  offer(): void {
    this.#events.readable()
  }

  /** A topic has none. */
  stateOutcome(): void {}

  /** A topic has no writer that could take it elsewhere, or be away. */
  move(): void {}

  suspended(): void {}

  resumed(): void {}

  close(error: BusError | undefined): void {
    this.#events.closed(error)
  }

  /** Lets go of the log. */
  release(): void {
    this.#log.remove(this)
  }

  /** @returns whether it has come further */
  #read(): boolean {
    this.#skipEvicted()
    const before = this.#next
    if (this.#reading || before >= this.#log.next(Lane.main)) return false
    this.#reading = true
    let isLater = false
    whenSettled(
      () => this.#log.read(Lane.main, this.#next, LIMITS.flushBytes),
      (runs) => {
        this.#reading = false
        for (const run of runs) this.#takeRun(run)
        if (isLater) this.#events.readable()
      },
      () => {
        this.#reading = false
        // Evicted while it was read: the next look finds the gap.
        if (isLater && this.#next < this.#log.bounds(Lane.main).first) this.#events.readable()
      },
    )
    isLater = true
    return this.#next > before
  }

  #skipEvicted(): void {
    const { first, message } = this.#log.bounds(Lane.main)
    if (this.#next >= first) return
    this.#leaveOut(first - this.#next + this.#parts.length)
    this.#parts = []
    this.#next = first
    this.#insideMessage = message < first
  }

  #leaveOut(count: number): void {
    this.#ready.push({ type: "gap", count })
  }

  #takeRun(run: Run): void {
    if (isGap(run)) return
    this.#reader.load(run.bytes)
    let origin: string | undefined
    for (let number = run.first; this.#reader.next(); number++) {
      if (this.#reader.hasFields) origin = this.#reader.fields().origin ?? origin
      if (number === this.#next) this.#takeChunk(origin)
    }
  }

  #takeChunk(origin: string | undefined): void {
    const { flags } = this.#reader
    const isLast = (flags & ChunkFlag.more) === 0
    this.#next++
    if (this.#insideMessage) {
      this.#insideMessage = !isLast
      this.#leaveOut(1)
      return
    }
    this.#parts.push({ flags, data: this.#reader.data().slice() })
    if (!isLast) return
    const message: GroupMessage = { type: "message", origin, chunks: this.#parts, earlierAttempts: 0 }
    this.#parts = []
    this.#ready.push(message)
  }
}
