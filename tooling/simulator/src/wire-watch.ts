import {
  AliasBit,
  chunkCost,
  type DataLane,
  type Fields,
  FrameType,
  Lane,
  LIMITS,
  laneName,
  MessageReader,
  StreamKind,
  toHex,
} from "@luxbus/packet"
import type { BrokerProcess } from "./broker-process.ts"
import { describeFrame } from "./describe-frame.ts"
import { TAMPERED_CHUNK } from "./plan.ts"
import { RegistrationWatch } from "./registration-watch.ts"
import { WireLedger } from "./wire-ledger.ts"
import type { World } from "./world.ts"

/** Who sends on a connection. */
export type Side = "client" | "broker"

/** A stream that a side has started on this connection. */
interface WireStream {
  readonly name: string
  readonly kind: StreamKind
  readonly epoch: number
  /** Whether a store journals it: a topic's ring is its own. */
  readonly isJournaled: boolean
  readonly ledger: WireLedger
}

interface ConnectionLane {
  sentCost: number
  grantedCost: number
  readonly windowCost: number
}

/** What one side has sent on this connection. */
class SideState {
  readonly streams = new Map<number, WireStream>()
  readonly main: ConnectionLane
  readonly error: ConnectionLane
  /** Descriptions of what is under way, the oldest first; where the run is told. */
  readonly underWay: string[] = []

  constructor() {
    const { main, error } = LIMITS.connectionWindowBytes
    this.main = { sentCost: 0, grantedCost: main, windowCost: main }
    this.error = { sentCost: 0, grantedCost: error, windowCost: error }
  }

  of(lane: DataLane): ConnectionLane {
    return lane === Lane.main ? this.main : this.error
  }
}

/** What a sender may pass a connection's ceiling by: the largest frame, once. */
const MAX_OVERRUN_COST = chunkCost(LIMITS.framePayloadBytes)

/**
 * Reads along on one connection, and holds each message, as it is sent, against the invariants of the protocol:
 * nothing is acknowledged that was not sent, nothing is sent or granted beyond credit, error goes before main, nothing
 * is delivered before the journal has it, and complete is said of a hosted stream only once its outcome is journaled.
 */
export class WireWatch {
  readonly #world: World
  readonly #broker: BrokerProcess
  readonly #client: string
  readonly #reader = new MessageReader()
  /** Of this connection, by their aliases. */
  readonly #registrations = new Map<number, RegistrationWatch>()
  readonly #states = { client: new SideState(), broker: new SideState() } as const

  constructor(world: World, broker: BrokerProcess, client: string) {
    this.#world = world
    this.#broker = broker
    this.#client = client
  }

  sent(side: Side, message: Uint8Array): void {
    const reader = this.#reader
    const told: string[] = []
    let isMainSeen = false
    for (reader.load(message); reader.next(); ) {
      if (this.#world.isTold) told.push(describeFrame(reader, (alias) => this.#streamOf(side, alias)?.name))
      if (!reader.compact) this.#full(side, reader)
      else if (reader.lane === Lane.control) this.#control(side, reader.alias, reader.fields())
      else {
        if (reader.lane === Lane.main) isMainSeen = true
        // What becomes ready while a message is built does so at brokers only, which hand on what they are handed.
        else if (isMainSeen && side === "client") this.#wrong(`${this.#client} sends error behind main`)
        this.#data(side, reader)
      }
    }
    if (!this.#world.isTold) return
    const text = told.join("; ")
    this.#states[side].underWay.push(text)
    this.#world.trace.note(`${this.#way(side)}: ${text}`)
  }

  /** A message of `side` is handed to the other one. */
  delivered(side: Side): void {
    this.#states[side].underWay.shift()
  }

  /** The connection is over for the other side of `side`: what is under way to it is lost. */
  closed(side: Side): void {
    for (const registration of this.#registrations.values()) registration.close(this.#world.dice.fork(this.#client))
    this.#registrations.clear()
    for (const text of this.#states[side].underWay.splice(0)) {
      this.#world.trace.note(`${this.#way(side)}: LOST: ${text}`)
    }
  }

  #full(side: Side, reader: MessageReader): void {
    if (reader.type !== FrameType.start) return
    const { alias, kind, name = "", seq, role, mainFirst = 0, errorFirst = 0 } = reader.fields()
    if (alias === undefined || kind === undefined) return
    if (kind === StreamKind.register && role !== undefined) {
      const wrong = (finding: string) => this.#wrong(finding)
      this.#registrations.set(alias, new RegistrationWatch(`${this.#client} in ${name}`, role, wrong))
    }
    // A reader's attachment is counted by itself, a writer's stream over all connections.
    const isDelivery = kind === StreamKind.delivery || seq === undefined
    const ledger = isDelivery ? new WireLedger(true) : this.#world.wireLedger(`${name} ${toHex(seq)}`)
    if (side === "client") {
      ledger.main.leftOut(mainFirst, 0)
      ledger.error.leftOut(errorFirst, 0)
    }
    this.#states[side].streams.set(alias, {
      name,
      kind,
      epoch: reader.full().epoch,
      isJournaled: seq !== undefined,
      ledger,
    })
  }

  #data(side: Side, reader: MessageReader): void {
    const lane = reader.lane as DataLane
    const connection = this.#states[side].of(lane)
    connection.sentCost += chunkCost(reader.dataBytes)
    const isWithin = connection.sentCost <= connection.grantedCost + MAX_OVERRUN_COST
    if (!isWithin) this.#wrong(`${this.#way(side)} has more ${laneName(lane)} under way than was granted`)
    const stream = this.#states[side].streams.get(reader.alias)
    if (stream === undefined) return
    const { number } = reader
    if (stream.kind === StreamKind.delivery) this.#delivery(stream, lane, number, reader.dataBytes)
    else if (side === "client") {
      stream.ledger.of(lane).sent(number, reader.dataBytes)
      if (lane === Lane.main) this.#tamper(stream.name, reader)
    }
  }

  #tamper(name: string, { number, dataBytes, message, frameEnd }: MessageReader): void {
    if (number !== TAMPERED_CHUNK || dataBytes === 0 || !this.#world.tampers(name, this.#client)) return
    this.#world.trace.note(`fault: a byte of ${name} main ${number} is changed on the way from ${this.#client}`)
    message[frameEnd - 1]! ^= 1
  }

  #delivery({ name, epoch, isJournaled, ledger }: WireStream, lane: DataLane, number: number, dataBytes: number): void {
    const wire = ledger.of(lane)
    wire.sent(number, dataBytes)
    if (wire.cost > wire.ceiling) {
      this.#wrong(`${this.#client} is sent ${laneName(lane)} ${number} of ${name} beyond its credit`)
    }
    if (isJournaled && number >= this.#world.journaled(name, epoch, lane)) {
      this.#wrong(`${this.#client} is sent ${laneName(lane)} ${number} of ${name}, which is not journaled`)
    }
  }

  #control(side: Side, alias: number, fields: Fields): void {
    const { lane, credit, complete, members } = fields
    if (members !== undefined) this.#registrations.get((alias & ~AliasBit.receiver) >>> 0)?.told(members)
    if (alias === 0) {
      if (lane !== undefined && credit !== undefined) this.#connectionGrant(side, lane, credit)
      return
    }
    const isReader = (alias & AliasBit.receiver) !== 0
    const stream = this.#streamOf(side, alias)
    const { at, first } = fields
    if (!isReader && lane !== undefined && at !== undefined && first !== undefined) {
      stream?.ledger.of(lane).leftOut(first, at)
    }
    if (!isReader || stream === undefined) return
    if (lane !== undefined) this.#statement(side, stream, lane, fields)
    if (complete && side === "broker" && stream.kind === StreamKind.hosted && !this.#world.hasEnded(stream.name)) {
      this.#wrong(`${this.#client} is told that ${stream.name} is complete, and its outcome is not journaled`)
    }
  }

  #connectionGrant(side: Side, lane: DataLane, credit: number): void {
    const sender = this.#states[side === "client" ? "broker" : "client"].of(lane)
    sender.grantedCost = Math.max(sender.grantedCost, credit)
    if (credit > sender.sentCost + sender.windowCost) {
      this.#wrong(`${this.#way(side)} grants ${laneName(lane)} up to ${credit}, and ${sender.sentCost} was sent`)
    }
  }

  #statement(side: Side, { name, kind, ledger }: WireStream, lane: DataLane, fields: Fields): void {
    const { cum = 0, ack = [], credit = 0 } = fields
    const wire = ledger.of(lane)
    const what = `${laneName(lane)} of ${name}`
    wire.ceiling = Math.max(wire.ceiling, credit)
    if (credit > wire.cost + wire.windowCost) {
      this.#wrong(`${this.#way(side)} grants ${what} up to ${credit}, and ${wire.cost} was sent`)
    }
    if (kind === StreamKind.delivery) return
    const highest = Math.max(cum - 1, ack.at(-1)?.[1] ?? -1)
    if (highest >= wire.next)
      this.#wrong(`${this.#way(side)} acknowledges ${what} ${highest}, and ${wire.next} comes next`)
  }

  /** A stream by the alias of a frame that `side` sends: its own, or with the receiver bit the other side's. */
  #streamOf(side: Side, alias: number): WireStream | undefined {
    if ((alias & AliasBit.receiver) === 0) return this.#states[side].streams.get(alias)
    return this.#states[side === "client" ? "broker" : "client"].streams.get((alias & ~AliasBit.receiver) >>> 0)
  }

  #way(side: Side): string {
    const { name } = this.#broker
    return side === "client" ? `${this.#client} to the ${name}` : `the ${name} to ${this.#client}`
  }

  #wrong(finding: string): void {
    this.#world.findings.add(finding)
  }
}
