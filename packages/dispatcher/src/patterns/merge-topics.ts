import { ChunkFlag, chunkCost, Lane, MessageReader } from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"
import type { Topic } from "../topic.ts"
import { PatternRuns, type PatternRunsOptions } from "./pattern-runs.ts"

export interface MergeOptions extends PatternRunsOptions {
  /** Nothing at this place or behind it is looked at. */
  readonly to: number
}

/**
 * Merges what topics hold at positions from `from` up to `to`, in the order of positions. Where a topic has let go of
 * something, a run states the gap, behind what others held at earlier places and before any later chunk of that topic.
 * The runs reach up to `to`, or to where they have `maxBytes`.
 * @param lost ends of topics that are gone, behind `from`
 */
export function mergeTopics(topics: Iterable<Topic>, lost: readonly number[], options: MergeOptions): readonly Run[] {
  const { from, to } = options
  const runs = new PatternRuns(options)
  let end = from
  for (let width = LEAST_WIDTH; end < to && !runs.isFull; width *= WIDER) {
    const begin = end
    end = Math.min(to, begin + width)
    mergeBetween(topics, lost, runs, begin, end)
  }
  if (!runs.isFull) runs.skip(to)
  return runs.take()
}

/** Merges what lies from `begin` up to `end`. */
function mergeBetween(
  topics: Iterable<Topic>,
  lost: readonly number[],
  runs: PatternRuns,
  begin: number,
  end: number,
): void {
  const sources = new Sources()
  for (const topic of topics) {
    topic.settleTrail()
    if (topic.trail.placeFrom(begin) < end) sources.push(new TopicSource(topic, begin))
  }
  for (const lostEnd of lost) if (lostEnd > begin && lostEnd <= end) sources.push(new LostSource(lostEnd))
  for (let source = sources.first; source !== undefined && source.position < end; source = sources.first) {
    source.give(runs, Math.min(end, sources.secondPosition))
    sources.moved()
    if (runs.isFull) return
  }
}

/**
 * Places that are looked at together, at first: as many as a read's 64 KiB can fill, so that of a hundred thousand topics
 * only those are merged that have something there. Where most places are others' the next are more.
 */
const LEAST_WIDTH = 4_096
const WIDER = 4

/** Something that is merged. */
interface Source {
  /** Of what comes next; Infinity when nothing does. */
  readonly position: number
  /** Gives what lies below `end`, at least one chunk or gap, as long as there is room. */
  give(runs: PatternRuns, end: number): void
}

/** A topic that is gone, with all that it had. */
class LostSource implements Source {
  position: number

  constructor(end: number) {
    this.position = end - 1
  }

  give(runs: PatternRuns): void {
    const to = this.position + 1
    this.position = Number.POSITIVE_INFINITY
    runs.gap(to, to)
  }
}

/** One topic that is read in order. Nothing of its journal is touched before its turn has come. */
class TopicSource implements Source {
  position: number
  readonly #topic: Topic
  /** What was evicted must be told of first. */
  #gapDue: boolean
  #number: number
  #reader: MessageReader | undefined
  /** Behind the last number of the run that is read. */
  #runEnd = 0
  /** Publisher of the frame that the reader stands on. */
  #origin: string | undefined

  constructor(topic: Topic, from: number) {
    const { trail } = topic
    this.#topic = topic
    this.#number = trail.numberFrom(from)
    this.#gapDue = trail.evictedTo > from
    this.position = trail.placeFrom(from)
  }

  give(runs: PatternRuns, end: number): void {
    if (this.#gapDue) {
      this.#giveGap(runs)
      return
    }
    const { subject, trail } = this.#topic
    do {
      const frame = this.#nextFrame()
      runs.encode(this.position, frame, subject, this.#origin)
      this.position++
      const pieceEnd = Math.min(trail.pieceEnd(this.#number), this.#runEnd)
      this.#number++
      this.#copyOn(frame, runs, pieceEnd, end)
      if (this.#number >= pieceEnd) this.position = this.#positionNow
    } while (this.position < end && !runs.isFull)
  }

  #giveGap(runs: PatternRuns): void {
    const { first, message } = this.#topic.log.bounds(Lane.main)
    const to = this.#topic.trail.evictedTo
    this.#gapDue = false
    this.position = this.#positionNow
    // The places of one message follow each other.
    runs.gap(to, to - (first - message))
  }

  /** Goes on with frames as they are, as long as numbers and positions grow in step. */
  #copyOn(reader: MessageReader, runs: PatternRuns, pieceEnd: number, end: number): void {
    const first = this.position
    const start = reader.frameEnd
    let cost = 0
    while (this.#number < pieceEnd && this.position < end && reader.frameEnd - start < runs.room) {
      this.#step(reader)
      cost += chunkCost(reader.dataBytes)
      this.#number++
      this.position++
    }
    if (this.position === first) return
    const frames = reader.message.subarray(start, reader.frameEnd)
    runs.copy(frames, first, this.position, cost, this.#origin)
  }

  get #positionNow(): number {
    const { log, trail } = this.#topic
    return this.#number < log.next(Lane.main) ? trail.positionOf(this.#number) : Number.POSITIVE_INFINITY
  }

  /** The reader, on the frame of the chunk that comes next. */
  #nextFrame(): MessageReader {
    if (this.#reader === undefined || this.#number >= this.#runEnd) return this.#load()
    this.#step(this.#reader)
    return this.#reader
  }

  #load(): MessageReader {
    this.#reader ??= new MessageReader({ acceptedFlags: ChunkFlag.compressed | ChunkFlag.encrypted })
    const run = this.#topic.read(this.#number)
    this.#reader.load(run.bytes)
    this.#runEnd = run.first + run.count
    for (let number = run.first; number <= this.#number; number++) this.#step(this.#reader)
    return this.#reader
  }

  #step(reader: MessageReader): void {
    reader.next()
    if (reader.hasFields) this.#origin = reader.fields().origin ?? this.#origin
  }
}

/** Sources by what they have next, the lowest position first: a binary heap. */
class Sources {
  readonly #heap: Source[] = []

  get first(): Source | undefined {
    return this.#heap[0]
  }

  /** Where the first of all others stands. */
  get secondPosition(): number {
    const [, left, right] = this.#heap
    return Math.min(left?.position ?? Number.POSITIVE_INFINITY, right?.position ?? Number.POSITIVE_INFINITY)
  }

  push(source: Source): void {
    if (source.position === Number.POSITIVE_INFINITY) return
    const heap = this.#heap
    let at = heap.push(source) - 1
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (heap[parent]!.position <= source.position) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = source
  }

  /** The first has moved on. */
  moved(): void {
    const heap = this.#heap
    let source = heap[0]!
    if (source.position === Number.POSITIVE_INFINITY) {
      source = heap.pop()!
      if (heap.length === 0) return
    }
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.position < heap[child]!.position) child++
      if (heap[child]!.position >= source.position) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = source
  }
}
