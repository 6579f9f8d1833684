import type { Gap } from "@luxbus/dual-stream"
import {
  ChunkFlag,
  chunkCost,
  compactFrameBytes,
  type DataLane,
  type Fields,
  FrameType,
  MessageWriter,
  setFrameAlias,
  setFrameNumber,
} from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"

/** A run of compact frames under a broker-wide alias. */
export interface LogRun extends Run {
  /** First chunk of the message that holds the chunk after this run: where a reader from now on stands. */
  readonly messageAfter: number
}

/** Builds the runs of one lane: what one turn brings becomes one buffer that is journaled and shared as it is. */
export class RunBuilder {
  readonly #lane: DataLane
  readonly #alias: number
  readonly #writer = new MessageWriter()
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  #copied = false
  #first: number
  #next: number
  #firstMessage: number
  #message: number
  #cost = 0

  /** @param message first chunk of the message that holds `first` */
  constructor(lane: DataLane, alias: number, first: number, message = first) {
    this.#lane = lane
    this.#alias = alias
    this.#first = first
    this.#next = first
    this.#firstMessage = message
    this.#message = message
  }

  /** The number that comes next. */
  get next(): number {
    return this.#next
  }

  get empty(): boolean {
    return this.#next === this.#first
  }

  get byteLength(): number {
    return this.#piecesBytes + this.#writer.length
  }

  /** Adds one frame; it gets the lane's next number. */
  encode(type: typeof FrameType.chunk | typeof FrameType.end, flags: number, data: Uint8Array, fields?: Fields): void {
    if (type === FrameType.end) this.#writer.end(this.#alias, this.#lane, flags, 0, this.#next, data, fields)
    else this.#writer.chunk(this.#alias, this.#lane, flags, 0, this.#next, data, fields)
    this.#count(1, chunkCost(data.length))
    if ((flags & ChunkFlag.more) === 0) this.#message = this.#next
  }

  /**
   * The run of a gap, from where the last run ended: a statement in the place of what will never come, as every reader is
   * told it there.
   */
  leaveOut({ first, message, reason }: Gap): LogRun {
    const from = this.#next
    const gap = [[from, first - 1]] as const
    const statement = new MessageWriter()
    statement.control(this.#alias, 0, { lane: this.#lane, gap, first, message, reason })
    this.#first = first
    this.#next = first
    this.#message = message
    const run = { lane: this.#lane, first: from, count: first - from, message: this.#firstMessage, cost: 0 }
    this.#firstMessage = message
    return { ...run, bytes: statement.take().slice(), messageAfter: message }
  }

  /** Adds compact frames, each a whole message, as they came; they are copied, renumbered and readdressed in `take`. */
  copy(frames: Uint8Array, count: number, cost: number): void {
    this.#closePiece()
    this.#push(frames)
    this.#copied = true
    this.#count(count, cost)
    this.#message = this.#next
  }

  /** Hands the run over, in a buffer of its own, and starts the next. */
  take(): LogRun {
    this.#closePiece()
    const bytes = this.#join()
    if (this.#copied) this.#patch(bytes)
    const run: LogRun = {
      lane: this.#lane,
      first: this.#first,
      count: this.#next - this.#first,
      message: this.#firstMessage,
      cost: this.#cost,
      bytes,
      messageAfter: this.#message,
    }
    this.#pieces = []
    this.#piecesBytes = 0
    this.#copied = false
    this.#first = this.#next
    this.#firstMessage = this.#message
    this.#cost = 0
    return run
  }

  #count(count: number, cost: number): void {
    this.#next += count
    this.#cost += cost
  }

  #closePiece(): void {
    if (this.#writer.length > 0) this.#push(this.#writer.take())
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#piecesBytes += piece.length
  }

  #join(): Uint8Array {
    const bytes = new Uint8Array(this.#piecesBytes)
    let offset = 0
    for (const piece of this.#pieces) {
      bytes.set(piece, offset)
      offset += piece.length
    }
    return bytes
  }

  #patch(bytes: Uint8Array): void {
    let number = this.#first
    for (let offset = 0; offset < bytes.length; offset += compactFrameBytes(bytes, offset)) {
      setFrameAlias(bytes, offset, this.#alias)
      setFrameNumber(bytes, offset, number++)
    }
  }
}
