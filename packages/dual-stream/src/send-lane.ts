import {
  BusError,
  ChunkFlag,
  chunkCost,
  type DataLane,
  type Fields,
  HopFlag,
  LIMITS,
  laneName,
  MAX_NUMBER,
  type RangeList,
  WRITER_LIMITS,
} from "@luxbus/packet"
import { RangeSet, SendMemory } from "@luxbus/stream-memory"
import type { FrameOutput } from "./carrier.ts"
import type { CreateHash, Hash } from "./hash.ts"
import { LaneGaps, type LanePlace } from "./lane-gaps.ts"

const EMPTY = new Uint8Array(0)

interface SentChunk {
  readonly data: Uint8Array
  readonly flags: number
  /** First chunk of its message. */
  readonly message: number
  /** Sum of the costs of all chunks of the lane up to and with this one. */
  readonly costThrough: number
  /** Set on the lane's END. */
  readonly end?: Fields
}

/** What is known of a reader. */
interface ReaderStanding {
  readonly readerCum: number
  readonly sentBelow: number
  readonly ceiling: number
  readonly costBase: number
}

/** What a reader states of one lane. */
export interface LaneStatement {
  /** Everything below has arrived in order. */
  readonly cum?: number | undefined
  /** What has arrived above `cum`. */
  readonly ack?: RangeList | undefined
  /** What is to be sent again. */
  readonly missing?: RangeList | undefined
  /** The sum of costs up to which may be sent. */
  readonly credit?: number | undefined
}

/**
 * The writer's side of one lane: its numbers, its memory, its credit and what must be sent again.
 *
 * Invariants: first sendings never exceed the reader's ceiling; everything from the reader's `cum` on is held, also
 * what has arrived above it, since a reader that loses its memory asks for it again.
 */
export class SendLane {
  readonly lane: DataLane
  readonly #memory = new SendMemory<SentChunk>()
  readonly #repairs = new RangeSet()
  /** What the reader has above `cum`: it is not sent again. */
  readonly #arrived = new RangeSet()
  /** What a live lane dropped and its reader has not passed. */
  readonly #gaps = new LaneGaps()
  /** Everything below has reached the reader, or it knows that it will not. */
  #readerCum = 0
  readonly #hash: Hash
  readonly #initialCeiling: number
  #ceiling: number
  /** The next number to send; goes back to `cum` when a connection was lost. */
  #cursor = 0
  /** Numbers below this one were sent at least once: sending them again costs no credit. */
  #sentBelow = 0
  /** The same, of readers before this one. */
  #everSentBelow = 0
  /** First chunk of the message that is being written. */
  #message = 0
  /** Where it stood when it last began anew. */
  #before: ReaderStanding | undefined
  #costTotal = 0
  /** What the ceiling is counted from: the cost of everything below the first number of this epoch. */
  #costBase = 0
  #totalBytes = 0
  #repeatedBytes = 0
  #droppedBytes = 0
  #ended = false

  /** @param initialCeiling cost that may be sent before the reader grants anything */
  constructor(lane: DataLane, createHash: CreateHash, initialCeiling: number) {
    this.lane = lane
    this.#hash = createHash()
    this.#initialCeiling = initialCeiling
    this.#ceiling = initialCeiling
  }

  /** The number that is given next; with the END counted once the lane has ended. */
  get next(): number {
    return this.#memory.next
  }

  /** The lowest number that is still held. */
  get first(): number {
    return this.#memory.cum
  }

  /** First chunk of the message that holds `first`. */
  get firstMessage(): number {
    return this.#place.message
  }

  /** Everything below was sent to where the reader is now, or has arrived. */
  get sentNext(): number {
    return this.#cursor
  }

  /** Cost of everything that is held. */
  get heldCost(): number {
    return this.#memory.heldCost
  }

  /** Bytes of data that were sent more than once. */
  get repeatedBytes(): number {
    return this.#repeatedBytes
  }

  /** Bytes of data that were dropped before they were sent to where the reader is now. */
  get droppedBytes(): number {
    return this.#droppedBytes
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether the reader is to be told of a gap now. */
  get gapsDue(): boolean {
    return this.#gaps.due
  }

  /** Whether the reader has everything that was written. */
  get acknowledged(): boolean {
    return this.#memory.cum === this.#memory.next
  }

  /** Whether everything that was written was sent at least once, to this reader or to one before it. */
  get sentWhole(): boolean {
    return Math.max(this.#sentBelow, this.#everSentBelow) === this.#memory.next
  }

  /** Whether chunks wait for the reader's credit. */
  get blocked(): boolean {
    const chunk = this.#memory.get(this.#sentBelow)
    return chunk !== undefined && !this.#affordable(chunk)
  }

  /** Whether `pull` would write something. */
  get ready(): boolean {
    if (this.#repairs.rangeCount > 0) return true
    const number = this.#skipArrived()
    const chunk = this.#memory.get(number)
    return chunk !== undefined && (number < this.#sentBelow || this.#affordable(chunk))
  }

  /**
   * Appends one chunk and gives it its number. The bytes are kept, not copied: the caller must not change them.
   * @throws BusError `invalid_state` once the lane has ended; `too_large` over {@link maxChunkBytes}
   */
  append(data: Uint8Array, flags: number): void {
    if (this.#ended) throw new BusError("invalid_state", `The ${laneName(this.lane)} lane has ended.`)
    const limit = maxChunkBytes(this.lane)
    if (data.length > limit) {
      throw new BusError("too_large", `A chunk of the ${laneName(this.lane)} lane has at most ${limit} bytes.`, {
        details: { bytes: data.length, limit },
      })
    }
    this.#push(data, flags)
  }

  /** Drops the oldest chunks, as live streams do, until the rest costs at most `maxCost`. The newest stays. */
  dropTo(maxCost: number): void {
    while (this.heldCost > maxCost && this.first + 1 < this.next) {
      const number = this.first
      const chunk = this.#memory.get(number)
      this.#memory.dropOldest()
      // What is on its way is no gap unless it is asked for.
      if (number < this.#cursor || this.#arrived.has(number)) continue
      this.#droppedBytes += chunk?.data.length ?? 0
      this.#gaps.add(number, this.#place)
    }
    this.#passed()
  }

  /** Ends the lane: an END with the lane's totals follows its last chunk. A lane that was never used has none. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.next === 0) return
    const total = this.#totalBytes
    this.#push(EMPTY, 0, this.next > 1 ? { total, sha256: this.#hash.digest() } : { total })
  }

  /**
   * Takes in what the reader states. Statements may be repeated and overtaken: the highest of each wins.
   * @returns whether it brought anything new
   * @throws BusError `protocol` where it acknowledges what was never sent
   */
  state(statement: LaneStatement): boolean {
    const { cum = 0, ack = [], missing = [], credit = 0 } = statement
    const acknowledged = this.#acknowledge(cum, ack)
    this.#gaps.answered(this.#readerCum)
    for (const [first, last] of missing) this.#ask(first, last)
    if (credit <= this.#ceiling) return acknowledged
    this.#ceiling = Math.min(credit, MAX_NUMBER)
    return true
  }

  /** The connection was replaced: everything above the reader's `cum` is sent again, but for what it has. */
  rewind(): void {
    this.#cursor = this.#memory.cum
    this.#repairs.clear()
    if (this.#readerCum < this.#cursor) this.#gaps.add(this.#readerCum, this.#place)
    this.#gaps.restate()
  }

  /** States what will not be sent, before anything that comes later. */
  writeGaps(output: FrameOutput): void {
    this.#gaps.write(output, this.lane)
  }

  /** The reader may not have heard of gaps: they are stated again. */
  restateGaps(): void {
    this.#gaps.restate()
  }

  /** Another reader begins at the first number that is held and knows of nothing before it: a new epoch. */
  restart(): void {
    this.#before = {
      readerCum: this.#readerCum,
      sentBelow: this.#sentBelow,
      ceiling: this.#ceiling,
      costBase: this.#costBase,
    }
    this.#readerCum = this.#memory.cum
    this.#gaps.clear()
    this.rewind()
    this.#arrived.clear()
    this.#everSentBelow = Math.max(this.#everSentBelow, this.#sentBelow)
    this.#sentBelow = this.#cursor
    this.#ceiling = this.#initialCeiling
    this.#costBase += this.#place.at
  }

  /** It is the reader of before, after all: it has what was sent to it, and counts from where it counted. */
  goBack(): void {
    const before = this.#before
    if (before === undefined) return
    this.#readerCum = before.readerCum
    this.#sentBelow = Math.max(this.#sentBelow, before.sentBelow)
    this.#ceiling = Math.max(this.#ceiling, before.ceiling)
    this.#costBase = before.costBase
    this.rewind()
  }

  /** The stream is over: lets go of everything that is held. */
  release(): void {
    this.#memory.acknowledge(this.#memory.next)
    this.#repairs.clear()
    this.#arrived.clear()
    this.#gaps.clear()
  }

  /**
   * Writes repairs first, then what was not sent yet, as far as room and credit go.
   * @returns whether more is ready than there was room for
   */
  pull(output: FrameOutput): boolean {
    while (this.#repairs.rangeCount > 0) {
      if (output.room <= 0) return true
      this.#repair(output)
    }
    for (;;) {
      const number = this.#skipArrived()
      const chunk = this.#memory.get(number)
      if (chunk === undefined) return false
      const again = number < this.#sentBelow
      if (!again && !this.#affordable(chunk)) return false
      if (output.room <= 0) return true
      if (this.#gaps.unstated) this.writeGaps(output)
      this.#write(output, number, chunk, again)
      this.#cursor = number + 1
      if (!again) this.#sentBelow = this.#cursor
    }
  }

  /** Where the lane begins now. */
  get #place(): LanePlace {
    const { first } = this
    const chunk = this.#memory.get(first)
    const cost = chunk === undefined ? this.#costTotal : chunk.costThrough - chunkCost(chunk.data.length)
    return { first, message: chunk?.message ?? this.#message, at: cost - this.#costBase }
  }

  #affordable(chunk: SentChunk): boolean {
    return chunk.costThrough - this.#costBase <= this.#ceiling
  }

  #push(data: Uint8Array, flags: number, end?: Fields): void {
    if (end === undefined) this.#hash.update(data)
    this.#totalBytes += data.length
    this.#costTotal += chunkCost(data.length)
    const chunk = { data, flags, message: this.#message, costThrough: this.#costTotal }
    this.#memory.append(end === undefined ? chunk : { ...chunk, end })
    if ((flags & ChunkFlag.more) === 0) this.#message = this.next
  }

  #acknowledge(cum: number, ranges: RangeList): boolean {
    const highest = Math.max(cum - 1, ranges.at(-1)?.[1] ?? -1)
    if (highest >= this.#sentBelow) {
      throw new BusError("protocol", "Acknowledgement of what was never sent.", {
        details: { highest, next: this.#sentBelow },
      })
    }
    const before = this.#readerCum
    this.#readerCum = Math.max(this.#readerCum, cum)
    this.#memory.acknowledge(cum)
    this.#passed()
    let news = this.#readerCum > before
    for (const [first, last] of ranges) {
      if (last >= this.#memory.cum && this.#arrived.add(Math.max(first, this.#memory.cum), last) > 0) news = true
    }
    return news
  }

  /** What lies below the memory is not sent any more. */
  #passed(): void {
    const { first } = this
    this.#cursor = Math.max(this.#cursor, first)
    this.#sentBelow = Math.max(this.#sentBelow, first)
    this.#repairs.removeBelow(first)
    this.#arrived.removeBelow(first)
  }

  /** What lies above the cursor is sent in its turn anyway; what was dropped is gone. */
  #ask(first: number, last: number): void {
    const gone = Math.max(first, this.#readerCum)
    if (gone < this.first && gone <= last) this.#gaps.add(gone, this.#place)
    const from = Math.max(first, this.#memory.cum)
    const to = Math.min(last, this.#cursor - 1)
    if (from <= to) this.#repairs.add(from, to)
  }

  #skipArrived(): number {
    while (this.#cursor < this.#sentBelow && this.#arrived.has(this.#cursor)) this.#cursor++
    return this.#cursor
  }

  #repair(output: FrameOutput): void {
    const number = this.#repairs.list(1)[0]![0]
    this.#repairs.removeBelow(number + 1)
    const chunk = this.#memory.get(number)
    if (chunk !== undefined && !this.#arrived.has(number)) this.#write(output, number, chunk, true)
  }

  #write(output: FrameOutput, number: number, chunk: SentChunk, again: boolean): void {
    if (again) this.#repeatedBytes += chunk.data.length
    const hop = again ? HopFlag.retransmit : 0
    if (chunk.end !== undefined) output.end(this.lane, chunk.flags, hop, number, chunk.data, chunk.end)
    else output.chunk(this.lane, chunk.flags, hop, number, chunk.data)
  }
}

/** The most bytes of data that one chunk of a lane may carry: half its reader's window, and a frame's limit. */
export function maxChunkBytes(lane: DataLane): number {
  return Math.min(WRITER_LIMITS.chunkBytes, LIMITS.windowBytes[laneName(lane)] / 2 - chunkCost(0))
}
