import { platformSha256 } from "@luxbus/client"
import type { DataLane } from "@luxbus/packet"
import { createServer, type Server, type ServerEvent, type ServerOptions } from "@luxbus/server"
import type { Connection } from "@luxbus/transport"
import type { Dice } from "./dice.ts"
import type { FaultyBackplane } from "./faulty-backplane.ts"
import type { Link } from "./link.ts"
import type { ProcessClock } from "./process-clock.ts"
import { SlowJournals } from "./slow-journals.ts"
import type { VirtualTime } from "./virtual-time.ts"
import type { World } from "./world.ts"

export interface BrokerComponents {
  readonly time: VirtualTime
  readonly dice: Dice
  readonly world: Pick<World, "trace" | "findings">
  /** What joins it with other brokers, if there are any. */
  readonly backplane?: FaultyBackplane | undefined
}

/** A broker, of which at most one process runs at a time; the next one remembers nothing. */
export class BrokerProcess {
  readonly #time: VirtualTime
  readonly #dice: Dice
  readonly #world: Pick<World, "trace" | "findings">
  readonly #backplane: FaultyBackplane | undefined
  /** Its place in the cluster. */
  readonly #place: number
  readonly #options: ServerOptions & { readonly journalDelayMs?: number }
  readonly #links = new Set<Link>()
  #clock: ProcessClock | undefined
  #server: Server | undefined
  /** Of each of its processes: what one has journaled another broker may have read. */
  readonly #journals: SlowJournals[] = []
  #leave = () => {}
  #starts = 0
  /** Connections that are welcome at the broker, by client id. */
  readonly #sessions = new Map<string, number>()
  /** Names of hosted streams whose outcome this process has journaled, or one before it in a cluster. */
  readonly #ended = new Set<string>()

  constructor(components: BrokerComponents, options: ServerOptions & { readonly journalDelayMs?: number }, place = 0) {
    this.#time = components.time
    this.#dice = components.dice
    this.#world = components.world
    this.#backplane = components.backplane
    this.#place = place
    this.#options = options
    this.start()
  }

  /** As traces and findings call it. */
  get name(): string {
    return this.#place === 0 ? "broker" : `broker${this.#place}`
  }

  get running(): boolean {
    return this.#server !== undefined
  }

  /** Whether its process was killed; one that drains still speaks. */
  get dead(): boolean {
    return this.#clock?.dead ?? false
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

  get clock(): ProcessClock | undefined {
    return this.#clock
  }

  /** Client ids that more than one connection has. */
  get doubleSessions(): readonly string[] {
    return [...this.#sessions].filter(([, count]) => count > 1).map(([id]) => id)
  }

  /** The number after the last chunk of a hosted stream or topic that its journal has answered for. */
  journaled(name: string, epoch: number, lane: DataLane): number {
    return Math.max(0, ...this.#journals.map((journals) => journals.journaled(name, epoch, lane)))
  }

  /** Whether the outcome of a hosted stream was journaled. */
  hasEnded(name: string): boolean {
    return this.#ended.has(name)
  }

  start(): void {
    this.#starts++
    this.#sessions.clear()
    // What a broker of a cluster has said before its death may be on its way still.
    if (this.#backplane === undefined) this.#ended.clear()
    const clock = this.#time.process(`${this.name} ${this.#starts}`)
    this.#clock = clock
    const { journalDelayMs = 0, ...options } = this.#options
    const member = this.#backplane?.join(this.#place)
    this.#leave = () => member?.leave()
    const dice = this.#dice.fork(`journals ${this.#starts}`)
    const delayMs = () => (journalDelayMs === 0 ? 0 : dice.between(0, journalDelayMs))
    const journals = new SlowJournals(this.#time, options.ringBytes, delayMs)
    this.#journals.push(journals)
    this.#server = createServer(
      { ...options, onEvent: (event) => clock.dead || this.#happened(event) },
      {
        clock,
        random: this.#dice.fork(`${this.name} ${this.#starts}`).random,
        createHash: platformSha256() as never,
        journals,
        ...(member !== undefined && { backplane: member.backplane }),
      },
    )
    this.#world.trace.note(`${this.name} ${this.#starts} runs`)
  }

  /** A client has dialled. */
  accept(connection: Connection, link: Link): void {
    this.#links.add(link)
    this.#server?.accept(connection, { headers: {}, url: "/", remoteAddress: "memory", secure: false })
  }

  /** It is killed: its memory is gone, and every connection with it. */
  kill(): void {
    this.#world.trace.note(`${this.name} ${this.#starts} is killed`)
    this.#clock?.kill()
    this.#journals.at(-1)?.kill()
    this.#leave()
    this.#server = undefined
    for (const link of this.#links) if (link.broker === this) link.brokerDied()
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
    if (event.type === "client-welcomed") this.#count(event.client, 1)
    else if (event.type === "client-disconnected") this.#count(event.client, -1)
    if (event.type === "error") this.#world.findings.add(`${this.name}: ${event.error.code}: ${event.error.message}`)
    else if (event.type === "client-refused")
      this.#world.trace.note(`${this.name} refuses ${event.client}: ${event.error.code}`)
    else if (event.type === "stream-ended") {
      this.#ended.add(event.stream.name)
      this.#world.trace.note(
        `${this.name}: ${event.stream.name} ended ${event.outcome.status} ${event.outcome.code ?? ""}`,
      )
    } else if (event.type === "client-gone") this.#world.trace.note(`${this.name}: ${event.client} is gone`)
  }

  #count(id: string, by: number): void {
    this.#sessions.set(id, (this.#sessions.get(id) ?? 0) + by)
  }
}
