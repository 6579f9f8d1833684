import type { BusStream } from "@luxbus/client"
import type { StreamReader, StreamWriter } from "@luxbus/dual-stream"
import type { DataLane } from "@luxbus/packet"
import { BrokerProcess } from "./broker-process.ts"
import { Dice } from "./dice.ts"
import { FaultyBackplane } from "./faulty-backplane.ts"
import { Findings } from "./findings.ts"
import type { LaneLedger } from "./lane-ledger.ts"
import type { LinkQuality } from "./link.ts"
import { Participant } from "./participant.ts"
import type { Plan } from "./plan.ts"
import { Tasks } from "./tasks.ts"
import { Trace } from "./trace.ts"
import { VirtualTime } from "./virtual-time.ts"
import { WireLedger } from "./wire-ledger.ts"

/** A process that is to crash. */
export interface Crash {
  /** A client's id, or a broker's name. */
  readonly process: string
  messagesLeft: number
  readonly crash: () => void
}

/** One direction of a stream between clients. */
export interface StreamPair {
  readonly name: string
  readonly writer: StreamWriter
  readonly reader: StreamReader
  /** Whether the writer may drop what its reader has not got. */
  readonly isLive: boolean
  readonly main: LaneLedger
  readonly error: LaneLedger
}

/** Everything that one run consists of: brokers, their clients, their network, and what was found. */
export class World {
  readonly time = new VirtualTime()
  readonly trace = new Trace(() => this.time.now())
  readonly findings: Findings
  readonly tasks: Tasks
  readonly dice: Dice
  readonly brokers: readonly BrokerProcess[]
  readonly backplane: FaultyBackplane | undefined
  readonly plan: Plan
  readonly #participants = new Map<string, Participant>()
  readonly #revived: Participant[] = []
  /** Of the streams between clients, by their names: when their openers came to know that they were accepted. */
  readonly openedAtMs = new Map<string, number>()
  /** Streams that are being written. */
  readonly writing = new Set<BusStream>()
  /** Streams between clients of which both sides are there. */
  readonly pairs = new Set<StreamPair>()
  readonly #wireLedgers = new Map<string, WireLedger>()
  readonly #crashes: Crash[] = []
  #hasTampered = false
  /** Whether the run is over and everybody leaves. */
  isClosing = false

  /** Whether the trace tells of every message. */
  readonly isTold: boolean

  constructor(plan: Plan, options: { readonly isTold?: boolean } = {}) {
    this.plan = plan
    this.isTold = options.isTold ?? false
    this.findings = new Findings(this.trace, this.isTold)
    this.tasks = new Tasks(this)
    this.dice = new Dice(plan.seed)
    const { time, dice } = this
    const count = plan.brokers ?? 1
    const note = this.isTold ? (line: string) => this.trace.note(line) : undefined
    this.backplane =
      count > 1 ? new FaultyBackplane({ time, dice: dice.fork("backplane"), note }, plan.backplane) : undefined
    const { backplane } = this
    const broker = { ...plan.broker, journalDelayMs: plan.journalDelayMs ?? 0 }
    this.brokers = Array.from(
      { length: count },
      (_, place) => new BrokerProcess({ time, dice, world: this, backplane }, broker, place),
    )
    for (const { id, quality } of plan.clients) this.#participants.set(id, this.#start(id, quality, this.dice))
  }

  /** The first one, which hosts what is hosted. */
  get broker(): BrokerProcess {
    return this.brokers[0]!
  }

  /** Whether there are several brokers. Apart from each other two may host one name, until they hear of it: as a restart does. */
  get isCluster(): boolean {
    return this.brokers.length > 1
  }

  /** Brokers' processes that have run, but for those that all began with: who remembers another number has seen a restart. */
  get generation(): number {
    return this.brokers.reduce((sum, { generation }) => sum + generation - 1, 1)
  }

  /** The number after the last chunk of a hosted stream or topic that a journal has answered for, at any broker. */
  journaled(name: string, epoch: number, lane: DataLane): number {
    return Math.max(...this.brokers.map((broker) => broker.journaled(name, epoch, lane)))
  }

  /** Whether the outcome of a hosted stream was journaled, at any broker. */
  hasEnded(name: string): boolean {
    return this.brokers.some((broker) => broker.hasEnded(name))
  }

  get participants(): readonly Participant[] {
    return [...this.#participants.values()]
  }

  /** Those whose process lives. */
  get living(): readonly Participant[] {
    return [...this.participants, ...this.#revived].filter((participant) => !participant.killed)
  }

  /** Starts a new process under the id of one that was killed: it knows nothing of what that one did. */
  revive(id: string): Participant {
    const participant = this.#start(id, this.participant(id).link.quality, this.dice.fork(`revived ${id}`))
    this.#revived.push(participant)
    return participant
  }

  participant(id: string): Participant {
    const participant = this.#participants.get(id)
    if (participant === undefined) throw new Error(`the plan names no client ${id}`)
    return participant
  }

  /** What was seen on the wire of the stream of this key, over all connections. */
  wireLedger(key: string): WireLedger {
    const ledger = this.#wireLedgers.get(key) ?? new WireLedger(false)
    this.#wireLedgers.set(key, ledger)
    return ledger
  }

  /** Whether a byte of this client's stream is to be changed now: once. */
  tampers(name: string, client: string): boolean {
    const { tampered } = this.plan
    if (this.#hasTampered || tampered?.duplex !== name || tampered.client !== client) return false
    this.#hasTampered = true
    return true
  }

  /** Plans that a process crashes as it sends the so-manieth message from now on, before that is on its way. */
  crashAt(crash: Crash): void {
    this.#crashes.push(crash)
  }

  /** A process sends a message. */
  sending(process: string): void {
    for (const crash of [...this.#crashes]) {
      if (crash.process !== process || --crash.messagesLeft > 0) continue
      this.#crashes.splice(this.#crashes.indexOf(crash), 1)
      crash.crash()
    }
  }

  #start(id: string, quality: LinkQuality, dice: Dice): Participant {
    return new Participant({ time: this.time, brokers: this.brokers, dice, world: this }, id, quality)
  }
}
