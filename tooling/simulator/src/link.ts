import { BusError } from "@luxbus/packet"
import { type Connection, type Dial, type MemoryPair, memoryPair } from "@luxbus/transport"
import type { BrokerProcess } from "./broker-process.ts"
import type { Dice } from "./dice.ts"
import type { VirtualTime } from "./virtual-time.ts"
import { WatchedConnection } from "./watched-connection.ts"
import { type Side, WireWatch } from "./wire-watch.ts"
import type { World } from "./world.ts"

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
  readonly #brokers: readonly BrokerProcess[]
  readonly #dice: Dice
  readonly #world: World
  readonly #client: string
  #pair: WatchedPair | undefined
  #broker: BrokerProcess | undefined
  /** Connections that the client takes for lost, and the broker does not know to be. */
  readonly #zombies = new Set<WatchedPair>()
  /** Connections that nothing moves on, abandoned ones among them. */
  readonly #stalled = new Set<WatchedPair>()
  #blocked = false
  #cuts = 0

  constructor(
    components: { time: VirtualTime; brokers: readonly BrokerProcess[]; dice: Dice; world: World },
    client: string,
    quality: LinkQuality,
  ) {
    this.#time = components.time
    this.#brokers = components.brokers
    this.#dice = components.dice
    this.#world = components.world
    this.#client = client
    this.quality = quality
  }

  /** The one that its connection is to. */
  get broker(): BrokerProcess | undefined {
    return this.#broker
  }

  /** Times that a connection was lost on it. */
  get cuts(): number {
    return this.#cuts
  }

  /** What each side of the connection has given and the other was not handed. */
  get undrainedBytes(): number {
    return Math.max(this.#pair?.link.near.undrainedBytes ?? 0, this.#pair?.link.far.undrainedBytes ?? 0)
  }

  readonly dial: Dial = () =>
    new Promise<Connection>((resolve, reject) => {
      // There and back.
      this.#time.setTimer(2 * this.quality.latencyMs, () => {
        const running = this.#brokers.filter((broker) => broker.running)
        if (this.#blocked || running.length === 0) {
          reject(new BusError("connection_lost", "the broker cannot be reached"))
          return
        }
        const broker = this.#brokers.length === 1 ? this.#brokers[0]! : this.#dice.pick(running)
        const pair = this.#connect(broker)
        this.#pair = pair
        this.#broker = broker
        broker.accept(pair.far, this)
        resolve(pair.near)
      })
    })

  /** Cuts the connection; of what is under way, a few of the oldest messages still arrive. */
  cut(): void {
    this.#cut(true)
  }

  /** The broker's process is dead: what it had sent may still arrive, and nothing reaches it any more. */
  brokerDied(): void {
    this.#cut(false)
  }

  #cut(isBrokerAlive: boolean): void {
    if (this.#pair === undefined) return
    this.#cuts++
    const keep = () => (this.#dice.chance(0.5) ? this.#dice.between(0, MAX_KEPT_MESSAGES) : 0)
    const [keepToNear, keepToFar] = [keep(), keep()]
    this.#pair.link.cut({ keepToNear, keepToFar: isBrokerAlive ? keepToFar : 0 })
    this.#pair = undefined
  }

  /** One side ends the connection; the other hears of it later, and sends into the void until then. */
  terminate(side: "near" | "far"): void {
    if (this.#pair === undefined) return
    this.#cuts++
    this.#pair[side].terminate()
    this.#pair = undefined
  }

  /** Nothing moves, or nothing towards one side, and nothing is closed. */
  stall(towards?: "near" | "far"): void {
    if (this.#pair === undefined) return
    this.#stalled.add(this.#pair)
    this.#pair.link.stall(towards)
  }

  /** Nothing moves on this connection any more, for good, and nothing is closed: the two sides must find out. */
  swallow(): void {
    if (this.#pair === undefined) return
    this.#cuts++
    this.#pair.link.stall()
  }

  /** The client's network changed: it takes the connection for lost, and what it has sent arrives late. */
  abandon(): void {
    if (this.#pair === undefined) return
    this.#cuts++
    this.#zombies.add(this.#pair)
    this.#pair.near.abandon()
    this.#pair = undefined
  }

  /** Connections that were abandoned end for the broker too. */
  bury(): void {
    for (const { link } of this.#zombies) link.near.terminate()
    this.#zombies.clear()
  }

  unstall(): void {
    for (const { link } of this.#stalled) link.unstall()
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

  #connect(broker: BrokerProcess): WatchedPair {
    const link = memoryPair({ clock: this.#time, ...this.quality })
    const watch = new WireWatch(this.#world, broker, this.#client)
    const { generation } = broker
    const observer = (side: Side) => ({
      sent: (message: Uint8Array) => {
        // What a dead process says goes nowhere: its code runs on until it awaits something.
        const speaks = side === "client" || (!broker.dead && broker.generation === generation)
        this.#world.sending(side === "client" ? this.#client : broker.name)
        if (speaks) watch.sent(side, message)
      },
      delivered: () => watch.delivered(side === "client" ? "broker" : "client"),
      closed: () => {
        // Also one that ended by itself, as it was silent for too long.
        this.#cuts++
        watch.closed(side === "client" ? "broker" : "client")
      },
    })
    return {
      link,
      watch,
      near: new WatchedConnection(link.near, observer("client")),
      far: new WatchedConnection(link.far, observer("broker")),
    }
  }
}

interface WatchedPair {
  readonly link: MemoryPair
  readonly watch: WireWatch
  readonly near: WatchedConnection
  readonly far: WatchedConnection
}
