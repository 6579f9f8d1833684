import type { FrameOutput } from "@luxbus/dual-stream"
import { type BusError, type DataLane, Lane } from "@luxbus/packet"
import { Fifo } from "./fifo.ts"
import type { Source, Turn } from "./source.ts"

/** Frames that go out together. */
export interface Piece {
  frames: Uint8Array
  readonly cost: number
  queued: boolean
}

/**
 * The frames of one stream that pass through a connection. They are served as that stream's own end would be, and go out
 * even when its address is freed meanwhile.
 */
export class PassingStream implements Source {
  readonly end = this
  readonly released = false
  readonly turns: (Turn | undefined)[] = []
  controlReady = false
  readonly #bound: Source
  readonly #main = new Fifo<Piece>()
  readonly #error = new Fifo<Piece>()
  readonly #taken: (lane: DataLane, cost: number) => void

  /**
   * @param bound what is bound to the address: it states the urgency
   * @param taken frames of this cost wait no longer
   */
  constructor(bound: Source, taken: (lane: DataLane, cost: number) => void) {
    this.#bound = bound
    this.#taken = taken
  }

  get address(): number {
    return this.#bound.address
  }

  get urgency(): number {
    return this.#bound.urgency
  }

  push(lane: DataLane, piece: Piece): void {
    this.#pieces(lane).push(piece)
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane === Lane.control) return false
    const pieces = this.#pieces(lane)
    while (pieces.length > 0) {
      if (output.room <= 0) return true
      const { frames, cost } = this.#take(lane)
      output.frames(lane, frames, cost)
    }
    return false
  }

  reset(_error: BusError): void {
    for (const lane of [Lane.main, Lane.error] as const) while (this.#pieces(lane).length > 0) this.#take(lane)
  }

  #pieces(lane: DataLane): Fifo<Piece> {
    return lane === Lane.main ? this.#main : this.#error
  }

  #take(lane: DataLane): Piece {
    const piece = this.#pieces(lane).shift()!
    piece.queued = false
    this.#taken(lane, piece.cost)
    return piece
  }
}
