import { chunkCost, type DataLane, Lane, LIMITS, laneName } from "@luxbus/packet"

/** What was sent and granted of one lane, as it was seen on the wire. */
export class WireLane {
  /** The number after the highest that was sent. */
  next = 0
  /** Costs of what was sent: of repeats nothing, unless `countsRepeats`. */
  cost = 0
  /** The highest ceiling that its reader stated. */
  ceiling = 0
  readonly windowCost: number
  readonly #countsRepeats: boolean

  constructor(lane: DataLane, countsRepeats: boolean) {
    this.windowCost = LIMITS.windowBytes[laneName(lane)]
    this.#countsRepeats = countsRepeats
  }

  sent(number: number, dataBytes: number): void {
    if (number >= this.next || this.#countsRepeats) this.cost += chunkCost(dataBytes)
    this.next = Math.max(this.next, number + 1)
  }

  /** Its writer goes on at chunk `first`: what is below it has cost `at`, sent or not. */
  leftOut(first: number, at: number): void {
    this.next = Math.max(this.next, first)
    this.cost = Math.max(this.cost, at)
  }
}

/** What was seen on the wire of one stream: over all its connections, or of one attachment. */
export class WireLedger {
  readonly main: WireLane
  readonly error: WireLane

  /** @param countsRepeats whether every sending counts, as it does for a reader's attachment */
  constructor(countsRepeats: boolean) {
    this.main = new WireLane(Lane.main, countsRepeats)
    this.error = new WireLane(Lane.error, countsRepeats)
  }

  of(lane: DataLane): WireLane {
    return lane === Lane.main ? this.main : this.error
  }
}
