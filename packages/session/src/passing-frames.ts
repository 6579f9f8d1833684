import type { FrameOutput } from "@luxbus/dual-stream"
import {
  type BusError,
  chunkCost,
  compactDataBytes,
  compactFrameBytes,
  type DataLane,
  Lane,
  LIMITS,
} from "@luxbus/packet"
import { MAX_OVERRUN_COST } from "./connection-credit.ts"
import { Fifo } from "./fifo.ts"

/** More than any frame has: of such pieces one fits into a message behind 64 KiB of others. */
const MAX_PIECE_BYTES = LIMITS.framePayloadBytes + 64

interface Piece {
  frames: Uint8Array
  readonly cost: number
  queued: boolean
}

class LaneQueue {
  readonly pieces = new Fifo<Piece>()
  readonly maxCost: number
  cost = 0

  constructor(maxCost: number) {
    this.maxCost = maxCost
  }
}

/**
 * Ready-made frames that pass through this connection: relayed ones. They keep their order on each lane and are taken in
 * turns with the ends of streams. Bounded, per lane, by the connection's window.
 */
export class PassingFrames {
  readonly #main = new LaneQueue(LIMITS.connectionWindowBytes.main)
  readonly #error = new LaneQueue(LIMITS.connectionWindowBytes.error)
  /** What was added since the last `keep`. */
  readonly #added: Piece[] = []

  /** Queues frames; `cost` is the sum of their chunks' costs. @returns false where they would pass the bound */
  add(lane: DataLane, frames: Uint8Array, cost: number): boolean {
    const queue = this.#queue(lane)
    if (queue.cost + cost > queue.maxCost) return false
    if (cost <= MAX_OVERRUN_COST && frames.length <= MAX_PIECE_BYTES) this.#push(queue, frames, cost)
    else this.#split(queue, frames)
    return true
  }

  /** Whether at most half of each lane's bound is in use. */
  get roomy(): boolean {
    return this.#main.cost <= this.#main.maxCost / 2 && this.#error.cost <= this.#error.maxCost / 2
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane === Lane.control) return false
    const queue = this.#queue(lane)
    while (queue.pieces.length > 0) {
      if (output.room <= 0) return true
      const piece = queue.pieces.shift()!
      piece.queued = false
      queue.cost -= piece.cost
      output.frames(lane, piece.frames, piece.cost)
    }
    return false
  }

  /** The turn is over: what goes on waiting is copied out of a much larger buffer, which could not be freed else. */
  keep(): void {
    if (this.#added.length === 0) return
    for (const piece of this.#added) {
      if (piece.queued && piece.frames.length * 2 < piece.frames.buffer.byteLength) piece.frames = piece.frames.slice()
    }
    this.#added.length = 0
  }

  reset(_error: BusError): void {
    this.clear()
  }

  clear(): void {
    for (const queue of [this.#main, this.#error]) {
      queue.pieces.clear()
      queue.cost = 0
    }
    this.#added.length = 0
  }

  #queue(lane: DataLane): LaneQueue {
    return lane === Lane.main ? this.#main : this.#error
  }

  #push(queue: LaneQueue, frames: Uint8Array, cost: number): void {
    const piece = { frames, cost, queued: true }
    queue.pieces.push(piece)
    queue.cost += cost
    this.#added.push(piece)
  }

  /** A piece passes the ceiling as one frame may, so it is no larger than one. */
  #split(queue: LaneQueue, frames: Uint8Array): void {
    let start = 0
    let cost = 0
    for (let at = 0; at < frames.length; ) {
      const frameCost = chunkCost(compactDataBytes(frames, at))
      const next = at + compactFrameBytes(frames, at)
      if (at > start && (cost + frameCost > MAX_OVERRUN_COST || next - start > MAX_PIECE_BYTES)) {
        this.#push(queue, frames.subarray(start, at), cost)
        start = at
        cost = 0
      }
      cost += frameCost
      at = next
    }
    this.#push(queue, frames.subarray(start), cost)
  }
}
