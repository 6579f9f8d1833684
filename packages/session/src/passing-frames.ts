import { chunkCost, compactDataBytes, compactFrameBytes, type DataLane, Lane, LIMITS } from "@luxbus/packet"
import { MAX_OVERRUN_COST } from "./connection-credit.ts"
import { PassingStream, type Piece } from "./passing-stream.ts"
import type { Source } from "./source.ts"

/** More than any frame has: of such pieces one fits into a message behind 64 KiB of others. */
const MAX_PIECE_BYTES = LIMITS.framePayloadBytes + 64

const { main: MAX_MAIN_COST, error: MAX_ERROR_COST } = LIMITS.connectionWindowBytes

/**
 * Ready-made frames that pass through this connection: relayed ones. They keep their order on each lane of their stream,
 * and streams take turns. Bounded, per lane over all streams, by the connection's window.
 */
export class PassingFrames {
  readonly #streams = new WeakMap<Source, PassingStream>()
  /** What was added since the last `keep`. */
  readonly #added: Piece[] = []
  #mainCost = 0
  #errorCost = 0

  /**
   * Queues frames of the stream that is bound as `bound`; `cost` is the sum of their chunks' costs.
   * @returns what they are to be pulled from; undefined where they would pass the bound
   */
  add(bound: Source, lane: DataLane, frames: Uint8Array, cost: number): PassingStream | undefined {
    const left = lane === Lane.main ? MAX_MAIN_COST - this.#mainCost : MAX_ERROR_COST - this.#errorCost
    if (cost > left) return undefined
    const stream = this.#streamOf(bound)
    if (cost <= MAX_OVERRUN_COST && frames.length <= MAX_PIECE_BYTES) this.#push(stream, lane, frames, cost)
    else this.#split(stream, lane, frames)
    return stream
  }

  /** Whether at most half of each lane's bound is in use. */
  get roomy(): boolean {
    return this.#mainCost <= MAX_MAIN_COST / 2 && this.#errorCost <= MAX_ERROR_COST / 2
  }

  /** The turn is over: what goes on waiting is copied out of a much larger buffer, which could not be freed else. */
  keep(): void {
    if (this.#added.length === 0) return
    for (const piece of this.#added) {
      if (piece.queued && piece.frames.length * 2 < piece.frames.buffer.byteLength) piece.frames = piece.frames.slice()
    }
    this.#added.length = 0
  }

  #streamOf(bound: Source): PassingStream {
    const known = this.#streams.get(bound)
    if (known !== undefined) return known
    const stream = new PassingStream(bound, (lane, cost) => this.#count(lane, -cost))
    this.#streams.set(bound, stream)
    return stream
  }

  #push(stream: PassingStream, lane: DataLane, frames: Uint8Array, cost: number): void {
    const piece = { frames, cost, queued: true }
    stream.push(lane, piece)
    this.#count(lane, cost)
    this.#added.push(piece)
  }

  #count(lane: DataLane, cost: number): void {
    if (lane === Lane.main) this.#mainCost += cost
    else this.#errorCost += cost
  }

  /** A piece passes the ceiling as one frame may, so it is no larger than one. */
  #split(stream: PassingStream, lane: DataLane, frames: Uint8Array): void {
    let start = 0
    let cost = 0
    for (let at = 0; at < frames.length; ) {
      const frameCost = chunkCost(compactDataBytes(frames, at))
      const next = at + compactFrameBytes(frames, at)
      if (at > start && (cost + frameCost > MAX_OVERRUN_COST || next - start > MAX_PIECE_BYTES)) {
        this.#push(stream, lane, frames.subarray(start, at), cost)
        start = at
        cost = 0
      }
      cost += frameCost
      at = next
    }
    this.#push(stream, lane, frames.subarray(start), cost)
  }
}
