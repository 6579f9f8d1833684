import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { type BusError, type DataLane, type Fields, Lane, type Outcome, StreamKind, sameBytes } from "@luxbus/packet"
import {
  fromLivePeer,
  fromPeer,
  type Gap,
  type LaneItem,
  type Notice,
  type ReaderSource,
  StreamReader,
  StreamWriter,
  type WriterOptions,
} from "../src/index.ts"
import { type FrameFaults, NO_FAULTS, testHash, VirtualLink } from "../src/testing.ts"

export interface StreamPairOptions {
  readonly seed?: number
  readonly latencyMs?: number
  readonly bytesPerMs?: number
  readonly faults?: FrameFaults
  /** Of both ends. */
  readonly windowMs?: number
  /** What the writer's stream is beside. */
  readonly writer?: Pick<WriterOptions, "live" | "abandonMs">
}

/** What the reading application has seen of one lane. */
export interface Taken {
  readonly items: LaneItem[]
  readonly numbers: number[]
  readonly parts: Uint8Array[]
  readonly gaps: Gap[]
  ended: "verified" | "unverified" | undefined
}

/** A writer and a peer that reads from it, over one connection after another. */
export class StreamPair {
  readonly clock = new ManualClock()
  readonly random: SeededRandom
  readonly writer: StreamWriter
  /** What each side was told, in order. */
  readonly writerLog: string[] = []
  readonly readerLog: string[] = []
  readonly notices: { readonly writer: Notice[]; readonly reader: Notice[] } = { writer: [], reader: [] }
  readonly outcomes: Outcome[] = []
  readonly failures: { writer?: BusError; reader?: BusError } = {}
  readonly taken = { main: emptyTaken(), error: emptyTaken() }
  readonly starts: Fields[] = []
  /** Lanes from which the application takes whatever it can, as soon as it can. */
  readonly reading = new Set<DataLane>()
  links = 0
  /** Called as the writer hears that everything was taken. */
  onComplete: () => void = () => {}
  #link: VirtualLink | undefined
  #reader: StreamReader | undefined
  readonly #options: StreamPairOptions
  #faults: FrameFaults

  constructor(options: StreamPairOptions = {}) {
    this.#options = options
    this.#faults = options.faults ?? NO_FAULTS
    this.random = new SeededRandom(options.seed ?? 1)
    this.writer = this.#makeWriter()
  }

  get link(): VirtualLink {
    if (this.#link === undefined) throw new Error("not connected")
    return this.#link
  }

  get reader(): StreamReader {
    if (this.#reader === undefined) throw new Error("no START has arrived")
    return this.#reader
  }

  get hasReader(): boolean {
    return this.#reader !== undefined
  }

  get connected(): boolean {
    return this.#link !== undefined && !this.#link.isCut
  }

  set faults(faults: FrameFaults) {
    this.#faults = faults
    if (this.#link !== undefined) this.#link.faults = faults
  }

  /** Joins the two by a new connection. */
  connect(): this {
    const { latencyMs = 5, bytesPerMs = Number.POSITIVE_INFINITY } = this.#options
    this.links++
    this.#link = new VirtualLink(
      { clock: this.clock, random: this.random },
      {
        right: {
          started: (carrier, address, header, fields) => {
            this.starts.push(fields)
            this.#reader ??= this.#makeReader(fields.live ? fromLivePeer : fromPeer)
            this.#reader.attach(carrier, address, header.epoch)
          },
        },
      },
      { latencyMs, bytesPerMs, faults: this.#faults },
    )
    this.writer.attach(this.#link.left)
    return this
  }

  cut(): this {
    this.#link?.cut()
    return this
  }

  /** Lets time pass. */
  run(ms = 100): this {
    this.clock.advance(ms)
    return this
  }

  /** Reads both lanes, now and from now on. */
  readAll(): this {
    for (const lane of [Lane.main, Lane.error] as const) this.read(lane)
    return this
  }

  /** Reads one lane, now and from now on. */
  read(lane: DataLane): this {
    this.reading.add(lane)
    if (this.#reader === undefined) return this
    this.#reader.touch(lane)
    this.takeAll(lane)
    return this
  }

  takeAll(lane: DataLane): number {
    let count = 0
    while (this.takeOne(lane)) count++
    return count
  }

  takeOne(lane: DataLane): boolean {
    const item = this.reader.take(lane)
    if (item === undefined) return false
    const taken = lane === Lane.main ? this.taken.main : this.taken.error
    taken.items.push(item)
    if (item.type === "gap") taken.gaps.push(item)
    else if (item.type === "end") taken.ended = item.verified ? "verified" : "unverified"
    else {
      taken.numbers.push(item.number)
      taken.parts.push(item.data)
    }
    return true
  }

  #makeWriter(): StreamWriter {
    return new StreamWriter(
      {
        clock: this.clock,
        createHash: testHash,
        events: {
          room: (lane) => this.writerLog.push(`room ${lane}`),
          notice: (notice) => {
            this.notices.writer.push(notice)
            this.writerLog.push(notice.type)
          },
          cancelled: (reason) => this.writerLog.push(`cancelled ${reason}`),
          complete: () => {
            this.writerLog.push("complete")
            this.onComplete()
          },
          failed: (error) => {
            this.failures.writer = error
            this.writerLog.push(`failed ${error.code}`)
          },
        },
      },
      {
        kind: StreamKind.relayed,
        name: "job",
        to: "bob",
        epoch: 1,
        seq: new Uint8Array(40),
        ...this.#options.writer,
        ...(this.#options.windowMs !== undefined && { windowMs: this.#options.windowMs }),
      },
    )
  }

  #makeReader(source: ReaderSource): StreamReader {
    const reader = new StreamReader(
      {
        clock: this.clock,
        createHash: testHash,
        events: {
          readable: (lane) => {
            if (this.reading.has(lane)) this.takeAll(lane)
          },
          notice: (notice) => {
            this.notices.reader.push(notice)
            this.readerLog.push(notice.type)
          },
          outcome: (outcome) => {
            this.outcomes.push(outcome)
            this.readerLog.push(`outcome ${outcome.status}`)
          },
          failed: (error) => {
            this.failures.reader = error
            this.readerLog.push(`failed ${error.code}`)
          },
        },
      },
      { source, ...(this.#options.windowMs !== undefined && { windowMs: this.#options.windowMs }) },
    )
    for (const lane of this.reading) reader.touch(lane)
    return reader
  }
}

function emptyTaken(): Taken {
  return { items: [], numbers: [], parts: [], gaps: [], ended: undefined }
}

/** Whether both are the same chunks. Much faster than a deep comparison. */
export function sameChunks(parts: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return parts.length === others.length && parts.every((part, i) => sameBytes(part, others[i]!))
}
