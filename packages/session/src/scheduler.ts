import type { StreamEnd } from "@luxbus/dual-stream"
import type { Lane } from "@luxbus/packet"
import { Fifo } from "./fifo.ts"

/** Something that is pulled from, and the lanes on which it has something to send. */
export interface Source {
  /** The alias as it stands in frames that this side writes. */
  readonly address: number
  readonly end: Pick<StreamEnd, "pull" | "reset">
  /** One bit per lane (1 << lane) that waits to be pulled. */
  readyLanes: number
  /** Nothing is taken from it, or handed to it, any more. */
  released: boolean
}

/** Who is next on a lane: one after the other, each once before anyone again. */
export class Scheduler {
  /** By lane; the first is unused, as lanes are numbered from 1. */
  readonly #ready = [new Fifo<Source>(), new Fifo<Source>(), new Fifo<Source>(), new Fifo<Source>()] as const
  #readyCount = 0

  /** Notes that a source has something to send on a lane. @returns whether that is news */
  wake(source: Source, lane: Lane): boolean {
    const bit = 1 << lane
    if ((source.readyLanes & bit) !== 0 || source.released) return false
    source.readyLanes |= bit
    this.#ready[lane].push(source)
    this.#readyCount++
    return true
  }

  /** The next source to pull on a lane, taken off the list. */
  next(lane: Lane): Source | undefined {
    const queue = this.#ready[lane]
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      this.#readyCount--
      source.readyLanes &= ~(1 << lane)
      if (!source.released) return source
    }
    return undefined
  }

  /** Whether nobody waits on any lane. */
  get idle(): boolean {
    return this.#readyCount === 0
  }

  clear(): void {
    for (const queue of this.#ready) queue.clear()
    this.#readyCount = 0
  }
}
