import { platformSha256 } from "@luxbus/client"
import { createServer, type Server, type ServerEvent, type ServerOptions } from "@luxbus/server"
import type { MemoryPair } from "@luxbus/transport"
import type { Dice } from "./dice.ts"
import type { Link } from "./link.ts"
import type { ProcessClock } from "./process-clock.ts"
import type { VirtualTime } from "./virtual-time.ts"
import type { World } from "./world.ts"

/** The broker, of which at most one process runs at a time; the next one remembers nothing. */
export class BrokerProcess {
  readonly #time: VirtualTime
  readonly #dice: Dice
  readonly #world: Pick<World, "trace" | "findings">
  readonly #options: ServerOptions
  readonly #links = new Set<Link>()
  #clock: ProcessClock | undefined
  #server: Server | undefined
  #starts = 0

  constructor(
    components: { time: VirtualTime; dice: Dice; world: Pick<World, "trace" | "findings"> },
    options: ServerOptions,
  ) {
    this.#time = components.time
    this.#dice = components.dice
    this.#world = components.world
    this.#options = options
    this.start()
  }

  get running(): boolean {
    return this.#server !== undefined
  }

  /** Processes that have run, this one included: who remembers another number has seen a restart. */
  get generation(): number {
    return this.#starts
  }

  get server(): Server | undefined {
    return this.#server
  }

  get pendingTimers(): number {
    return this.#clock?.pendingTimers ?? 0
  }

  start(): void {
    this.#starts++
    const clock = this.#time.process(`broker ${this.#starts}`)
    this.#clock = clock
    this.#server = createServer(
      { ...this.#options, onEvent: (event) => clock.dead || this.#happened(event) },
      {
        clock,
        random: this.#dice.fork(`broker ${this.#starts}`).random,
        createHash: platformSha256() as never,
      },
    )
    this.#world.trace.note(`broker ${this.#starts} runs`)
  }

  /** A client has dialled. */
  accept(pair: MemoryPair, link: Link): void {
    this.#links.add(link)
    this.#server?.accept(pair.far, { headers: {}, url: "/", remoteAddress: "memory", secure: false })
  }

  /** It is killed: its memory is gone, and every connection with it. */
  kill(): void {
    this.#world.trace.note(`broker ${this.#starts} is killed`)
    this.#clock?.kill()
    this.#server = undefined
    for (const link of this.#links) link.cut()
    this.#links.clear()
  }

  /** It stops as it should: clients are told to come back later. */
  async drain(): Promise<void> {
    const server = this.#server
    const clock = this.#clock
    if (server === undefined || clock === undefined) return
    this.#world.trace.note(`${clock.name} drains`)
    this.#server = undefined
    this.#links.clear()
    await server.close()
    // The last connections hear that they are closed at the end of this turn.
    await clock.sleep(1)
    const { pendingTimers } = clock
    if (pendingTimers > 0)
      this.#world.findings.add(`${clock.name} is closed, and ${pendingTimers} of its timers are set`)
    clock.kill()
  }

  #happened(event: ServerEvent): void {
    if (event.type === "error") this.#world.findings.add(`broker: ${event.error.code}: ${event.error.message}`)
    else if (event.type === "client-refused")
      this.#world.trace.note(`broker refuses ${event.client}: ${event.error.code}`)
    else if (event.type === "stream-ended") {
      this.#world.trace.note(`broker: ${event.stream.name} ended ${event.outcome.status} ${event.outcome.code ?? ""}`)
    } else if (event.type === "client-gone") this.#world.trace.note(`broker: ${event.client} is gone`)
  }
}
