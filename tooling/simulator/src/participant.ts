import { Bus, platformSha256 } from "@luxbus/client"
import { createStreams } from "@luxbus/client/streams"
import type { BrokerProcess } from "./broker-process.ts"
import type { Dice } from "./dice.ts"
import { Link, type LinkQuality } from "./link.ts"
import type { ProcessClock } from "./process-clock.ts"
import type { VirtualTime } from "./virtual-time.ts"
import type { World } from "./world.ts"

/** One client process: a real bus on its own clock and its own link. */
export class Participant {
  readonly id: string
  readonly bus: Bus
  /** The clock of its application. */
  readonly clock: ProcessClock
  /** The clock of its bus, which leaves no timer behind. */
  readonly busClock: ProcessClock
  readonly link: Link
  #killed = false
  #idTaken = false

  constructor(
    components: { time: VirtualTime; brokers: readonly BrokerProcess[]; dice: Dice; world: World },
    id: string,
    quality: LinkQuality,
  ) {
    const { time, brokers, dice, world } = components
    this.id = id
    this.clock = time.process(`${id}, application`)
    this.busClock = time.process(id)
    this.link = new Link({ time, brokers, dice: dice.fork(`link ${id}`), world }, id, quality)
    this.bus = new Bus(
      {
        clock: this.busClock,
        random: dice.fork(`random ${id}`).random,
        createHash: platformSha256(),
        createStreams,
        dial: this.link.dial,
      },
      { id, retryInitial: true },
    )
    this.bus.onStatus(({ state, error }) => {
      if (this.#killed) return
      world.trace.note(`${id} is ${state}${error === undefined ? "" : ` (${error.code}: ${error.message})`}`)
      const isExpected = error === undefined || error.code === "connection_lost" || error.code === "going_away"
      this.#idTaken = error?.code === "id_taken"
      if (this.#idTaken) return
      if (state === "closed" && !world.isClosing) world.findings.add(`${id} closed by itself: ${error?.code}`)
      else if (!isExpected) world.findings.add(`${id} lost its connection by ${error?.code}: ${error?.message}`)
    })
  }

  get killed(): boolean {
    return this.#killed
  }

  /** Whether its id still belonged to a connection that the broker did not know to be dead: then it has given up. */
  get idTaken(): boolean {
    return this.#idTaken
  }

  /** The process is killed: nobody says goodbye. */
  kill(): void {
    this.#killed = true
    this.clock.kill()
    this.busClock.kill()
    this.link.block()
  }
}
