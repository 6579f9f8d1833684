import type { Clock } from "@luxbus/clock"
import type { StreamReader } from "@luxbus/dual-stream"
import { type DataLane, type Fields, FrameType, Lane, LIMITS } from "@luxbus/packet"
import { type LogRun, RunBuilder } from "./run-builder.ts"
import type { StreamLog } from "./stream-log.ts"

/** What the journal may owe an answer for before no more is taken from the writer, whose credit then ends. */
const MAX_PENDING_BYTES = LIMITS.windowBytes.main
const NO_DATA = new Uint8Array(0)

export interface LogFeedComponents {
  readonly clock: Clock
  readonly reader: StreamReader
  readonly log: StreamLog
  /** The ring holds so many bytes more, or less. */
  readonly grew: (bytes: number) => void
}

/**
 * Moves what a writer sends into its log: takes everything as it arrives, so that the writer's credit renews, and
 * appends once per turn, or at once past {@link LIMITS}.flushBytes.
 */
export class LogFeed {
  readonly #components: LogFeedComponents
  readonly #main: RunBuilder
  #error: RunBuilder | undefined
  #commitPlanned = false
  #closed = false
  #heldBytes = 0
  #mainBytes = 0
  #errorBytes = 0
  #chunks = 0
  readonly #commitLater = () => {
    this.#commitPlanned = false
    this.commit()
  }

  constructor(components: LogFeedComponents) {
    const { log } = components
    this.#components = components
    this.#main = new RunBuilder(Lane.main, log.identity.alias, log.from.main, log.fromMessages.main)
  }

  /** Bytes of data that were taken. */
  get mainBytes(): number {
    return this.#mainBytes
  }

  get errorBytes(): number {
    return this.#errorBytes
  }

  /** Chunks of both lanes, ENDs included. */
  get chunks(): number {
    return this.#chunks
  }

  /** Whether nothing that has arrived is left to take. */
  get isDry(): boolean {
    const { reader } = this.#components
    return !reader.lane(Lane.main).readable && !reader.lane(Lane.error).readable
  }

  /** Takes what has arrived on a lane, as far as the journal keeps up. */
  take(lane: DataLane): void {
    const { clock, reader, log } = this.#components
    const received = reader.lane(lane)
    while (!this.#closed && received.readable && log.pendingBytes < MAX_PENDING_BYTES) {
      const item = reader.take(lane)
      if (item === undefined) break
      const builder = this.#builder(lane)
      if (item.type === "gap") {
        this.commit()
        if (item.first > builder.next) this.#append([builder.leaveOut(item)])
        continue
      }
      // The END may carry data, which comes before it as a chunk of its number.
      const isLast = received.ended && item.number === received.cum - 1
      if (item.type === "end") builder.encode(FrameType.end, 0, NO_DATA, item.fields)
      else if (isLast) builder.encode(FrameType.end, item.flags, item.data, this.#takeEnd(lane))
      else builder.encode(FrameType.chunk, item.flags, item.data)
      this.#count(lane, item.type === "chunk" ? item.data.length : 0)
      if (builder.byteLength >= LIMITS.flushBytes) this.commit()
    }
    if (this.#commitPlanned) return
    this.#commitPlanned = true
    clock.defer(this.#commitLater)
  }

  /** Appends what was taken. */
  commit(): void {
    if (this.#closed) return
    const runs = []
    if (!this.#main.empty) runs.push(this.#main.take())
    if (this.#error?.empty === false) runs.push(this.#error.take())
    if (runs.length > 0) this.#append(runs)
  }

  #append(runs: readonly LogRun[]): void {
    const { log, grew } = this.#components
    log.append(runs)
    const { heldBytes } = log
    grew(heldBytes - this.#heldBytes)
    this.#heldBytes = heldBytes
  }

  /** Takes and appends nothing more. */
  stop(): void {
    this.#closed = true
  }

  /** The ring is let go of. */
  release(): void {
    this.stop()
    this.#components.grew(-this.#heldBytes)
    this.#heldBytes = 0
  }

  #takeEnd(lane: DataLane): Fields | undefined {
    const item = this.#components.reader.take(lane)
    return item?.type === "end" ? item.fields : undefined
  }

  #builder(lane: DataLane): RunBuilder {
    if (lane === Lane.main) return this.#main
    const { identity, from, fromMessages } = this.#components.log
    this.#error ??= new RunBuilder(lane, identity.alias, from.error, fromMessages.error)
    return this.#error
  }

  #count(lane: DataLane, dataBytes: number): void {
    this.#chunks++
    if (lane === Lane.main) this.#mainBytes += dataBytes
    else this.#errorBytes += dataBytes
  }
}
