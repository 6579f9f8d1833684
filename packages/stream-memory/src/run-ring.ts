import { BusError, type DataLane, Lane, type Outcome } from "@luxbus/packet"
import type { FirstNumbers, LaneBounds, Run } from "./journal.ts"
import { Ring } from "./ring.ts"

/**
 * What a run takes beside its bytes: the object, the view, its buffer and the places in two rings. Measured on Node 20
 * with runs of 64 bytes: 294 bytes of heap and buffers, rounded up.
 */
export const RUN_OVERHEAD_BYTES = 320

/** Both lanes of one stream in memory, within a budget: what a journal in memory holds. */
export class RunRing {
  readonly #maxBytes: number
  readonly #main: LaneRuns
  readonly #error: LaneRuns
  /** The lanes of the runs that are held, by age: which lane's oldest run is the oldest of all. */
  readonly #order = new Ring<LaneRuns>()
  #heldBytes = 0
  outcome: Outcome | undefined

  constructor(maxBytes: number, from: FirstNumbers) {
    this.#maxBytes = maxBytes
    this.#main = new LaneRuns(from.main)
    this.#error = new LaneRuns(from.error)
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  lane(lane: DataLane): LaneRuns {
    if (lane === Lane.main) return this.#main
    if (lane === Lane.error) return this.#error
    throw new BusError("invalid_argument", `not a data lane: ${lane}`)
  }

  append(runs: readonly Run[]): void {
    if (this.outcome !== undefined)
      throw new BusError("invalid_state", "the stream has its outcome", { details: { state: "finished" } })
    this.#check(runs)
    for (const run of runs) {
      const lane = this.lane(run.lane)
      lane.push(run)
      this.#order.push(lane)
      this.#heldBytes += heldBytesOf(run)
      this.#makeRoom()
    }
  }

  /** Lets go of the oldest runs of either lane, as many as are told. */
  evict(runs: number): void {
    for (let left = Math.min(runs, this.#order.length); left > 0; left--) this.#evictOldest()
  }

  /** Every run is looked at before one is taken: a refused call changes nothing. */
  #check(runs: readonly Run[]): void {
    let main = this.#main.next
    let error = this.#error.next
    for (const run of runs) {
      const next = this.lane(run.lane) === this.#main ? main : error
      assertRun(run, next)
      if (run.lane === Lane.main) main += run.count
      else error += run.count
    }
  }

  #makeRoom(): void {
    while (this.#heldBytes > this.#maxBytes && this.#order.length > 1) this.#evictOldest()
  }

  #evictOldest(): void {
    this.#heldBytes -= heldBytesOf(this.#order.shift()!.evict())
  }
}

/** The runs of one lane, oldest first. */
export class LaneRuns {
  readonly #runs = new Ring<Run>()
  #next: number
  #costBelow = 0

  constructor(first: number) {
    this.#next = first
  }

  get next(): number {
    return this.#next
  }

  push(run: Run): void {
    this.#runs.push(run)
    this.#next += run.count
  }

  evict(): Run {
    const run = this.#runs.shift()!
    this.#costBelow += run.cost
    return run
  }

  bounds(): LaneBounds {
    const oldest = this.#runs.at(0)
    const first = oldest?.first ?? this.#next
    return { first, next: this.#next, message: oldest?.message ?? first, costBelow: this.#costBelow }
  }

  read(from: number, maxBytes: number): readonly Run[] {
    const first = this.#runs.at(0)?.first ?? this.#next
    if (from < first) throw new BusError("gap", `evicted: ${from} lies below ${first}`, { details: { first } })
    if (!(from <= this.#next))
      throw new BusError("invalid_argument", `never appended: ${from}`, { details: { next: this.#next } })
    const runs: Run[] = []
    if (from === this.#next) return runs
    let bytes = 0
    for (let i = this.#indexOf(from); i < this.#runs.length; i++) {
      const run = this.#runs.at(i)!
      bytes += run.bytes.byteLength
      if (bytes > maxBytes && runs.length > 0) break
      runs.push(run)
    }
    return runs
  }

  /** Index of the run that holds `n`: the last that begins at `n` or below. */
  #indexOf(n: number): number {
    let low = 0
    let high = this.#runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#runs.at(middle)!.first <= n) low = middle
      else high = middle - 1
    }
    return low
  }
}

function heldBytesOf(run: Run): number {
  return run.bytes.byteLength + RUN_OVERHEAD_BYTES
}

function assertRun(run: Run, next: number): void {
  const { first, count, message, cost } = run
  if (first !== next)
    throw new BusError("invalid_argument", `not contiguous: ${first} where ${next} comes next`, { details: { next } })
  if (!Number.isSafeInteger(count) || count < 1)
    throw new BusError("invalid_argument", `a run holds at least one chunk: ${count}`)
  if (!Number.isSafeInteger(message) || message < 0 || message > first)
    throw new BusError("invalid_argument", `a message begins at its chunk or below: ${message}`)
  if (!Number.isSafeInteger(cost) || cost < 0) throw new BusError("invalid_argument", `not a cost: ${cost}`)
}
