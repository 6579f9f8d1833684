import { BusError } from "@luxbus/packet"
import { type Connection, type Dial, type MemoryPair, memoryPair } from "@luxbus/transport"
import type { BrokerProcess } from "./broker-process.ts"
import type { Dice } from "./dice.ts"
import type { VirtualTime } from "./virtual-time.ts"

/** How the network between one client and the broker is. */
export interface LinkQuality {
  readonly latencyMs: number
  /** Infinite: as fast as it goes. */
  readonly bytesPerSecond: number
}

/** Messages under way of which a cut may let the first few through. */
const MAX_KEPT_MESSAGES = 4

/** The network between one client and the broker: it is dialled, cut, stalled and blocked. */
export class Link {
  quality: LinkQuality
  readonly #time: VirtualTime
  readonly #broker: BrokerProcess
  readonly #dice: Dice
  #pair: MemoryPair | undefined
  /** Connections that nothing moves on, abandoned ones among them. */
  readonly #stalled = new Set<MemoryPair>()
  #blocked = false
  #cuts = 0

  constructor(components: { time: VirtualTime; broker: BrokerProcess; dice: Dice }, quality: LinkQuality) {
    this.#time = components.time
    this.#broker = components.broker
    this.#dice = components.dice
    this.quality = quality
  }

  /** Times that a connection was lost on it. */
  get cuts(): number {
    return this.#cuts
  }

  /** What each side of the connection has given and the other was not handed. */
  get undrainedBytes(): number {
    return Math.max(this.#pair?.near.undrainedBytes ?? 0, this.#pair?.far.undrainedBytes ?? 0)
  }

  readonly dial: Dial = () =>
    new Promise<Connection>((resolve, reject) => {
      // There and back.
      this.#time.setTimer(2 * this.quality.latencyMs, () => {
        if (this.#blocked || !this.#broker.running) {
          reject(new BusError("connection_lost", "the broker cannot be reached"))
          return
        }
        const pair = memoryPair({ clock: this.#time, ...this.quality })
        this.#pair = pair
        this.#broker.accept(pair, this)
        resolve(pair.near)
      })
    })

  /** Cuts the connection; of what is under way, a few of the oldest messages still arrive. */
  cut(): void {
    if (this.#pair === undefined) return
    this.#cuts++
    const keep = () => (this.#dice.chance(0.5) ? this.#dice.between(0, MAX_KEPT_MESSAGES) : 0)
    this.#pair.cut({ keepToNear: keep(), keepToFar: keep() })
    this.#pair = undefined
  }

  /** One side ends the connection; the other hears of it later, and sends into the void until then. */
  terminate(side: "near" | "far"): void {
    if (this.#pair === undefined) return
    this.#cuts++
    this.#pair[side].terminate()
    this.#pair = undefined
  }

  /** Nothing moves, and nothing is closed. */
  stall(): void {
    if (this.#pair === undefined) return
    this.#stalled.add(this.#pair)
    this.#pair.stall()
  }

  unstall(): void {
    for (const pair of this.#stalled) pair.unstall()
    this.#stalled.clear()
  }

  /** There is no network: the connection is cut, and none can be made. */
  block(): void {
    this.#blocked = true
    this.cut()
  }

  unblock(): void {
    this.#blocked = false
  }
}
