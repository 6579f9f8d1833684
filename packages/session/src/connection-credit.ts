import { chunkCost, type DataLane, Lane, LIMITS } from "@luxbus/packet"

/**
 * What a sender may pass the ceiling by: the largest frame, once. A sender stops when the ceiling is reached, not before
 * a frame that passes it, so that a nearly used-up window needs no grant of its own.
 */
export const MAX_OVERRUN_COST: number = chunkCost(LIMITS.framePayloadBytes)

/** One lane's sums of costs, from the connection's start. */
class LaneCredit {
  readonly #windowCost: number
  #sent = 0
  #ceiling: number
  #received = 0
  #granted: number

  constructor(windowCost: number) {
    this.#windowCost = windowCost
    this.#ceiling = windowCost
    this.#granted = windowCost
  }

  get left(): number {
    return this.#ceiling - this.#sent
  }

  sent(cost: number): void {
    this.#sent += cost
  }

  granted(ceiling: number): void {
    this.#ceiling = Math.max(this.#ceiling, ceiling)
  }

  received(cost: number): boolean {
    this.#received += cost
    return this.#received <= this.#granted + MAX_OVERRUN_COST
  }

  renewal(): number | undefined {
    const ceiling = this.#received + this.#windowCost
    if (ceiling - this.#granted < this.#windowCost / 2) return undefined
    this.#granted = ceiling
    return ceiling
  }
}

/**
 * A connection's credit over all its streams, in both directions: how much of one lane may be on its way. It bounds
 * what lies in the network's buffers, so that error and control really overtake; it is renewed as frames are taken
 * off the transport, whatever applications read. Ceilings are absolute sums of costs, so that repeating one does no
 * harm.
 */
export class ConnectionCredit {
  readonly #main = new LaneCredit(LIMITS.connectionWindowBytes.main)
  readonly #error = new LaneCredit(LIMITS.connectionWindowBytes.error)

  /** Cost that may still be sent on a lane; below zero after an overrun. */
  left(lane: DataLane): number {
    return this.#lane(lane).left
  }

  /** Counts what is sent. */
  sent(lane: DataLane, cost: number): void {
    this.#lane(lane).sent(cost)
  }

  /** The other side grants up to `ceiling`; a lower one than before changes nothing. */
  granted(lane: DataLane, ceiling: number): void {
    this.#lane(lane).granted(ceiling)
  }

  /**
   * Counts what was taken off the transport, of a known stream or not: the sender has counted it too.
   * @returns whether the sender kept to the ceiling, but for {@link MAX_OVERRUN_COST}
   */
  received(lane: DataLane, cost: number): boolean {
    return this.#lane(lane).received(cost)
  }

  /** The new ceiling to grant, once half of the window was used; else undefined. */
  renewal(lane: DataLane): number | undefined {
    return this.#lane(lane).renewal()
  }

  #lane(lane: DataLane): LaneCredit {
    return lane === Lane.main ? this.#main : this.#error
  }
}
