import type { Clock, Random } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import {
  AliasBit,
  BROKER_LIMITS,
  BusError,
  type DataLane,
  DISPATCHER,
  type JsonValue,
  laneOf,
  mailboxSubject,
  type Packet,
  toHex,
} from "@luxbus/packet"
import { ConnectionCredit } from "../connection-credit.ts"
import { VERSIONS } from "../handshake.ts"
import { SeqSource } from "../seq-source.ts"
import { newSecret } from "../session-secret.ts"
import { type Dialect, type DialectOutput, refusal } from "./dialect.ts"
import { isPlainCommand, PlainCommands } from "./plain-commands.ts"
import { PlainPublisher } from "./plain-publisher.ts"
import { PlainReader } from "./plain-reader.ts"
import { costOf } from "./plain-window.ts"
import { PlainWriter } from "./plain-writer.ts"

/** Streams that a plain client writes or reads at a time: a window is kept for each. Who needs more says HELLO. */
export const PLAIN_STREAMS = 64

/**
 * A client that leaves HELLO out and speaks the seed's packets: the broker says for it all that a session says beside
 * them, and tells it only what the seed has words for. Its first `from` asks for a client id; nothing is resumed, as
 * each connection is a session of its own.
 */
export class PlainDialect implements Dialect {
  readonly aliases = "all"
  readonly #clock: Clock
  readonly #output: DialectOutput
  readonly #secret: string
  readonly #seqs: SeqSource
  readonly #commands = new PlainCommands()
  readonly #publisher: PlainPublisher
  readonly #credit = new ConnectionCredit()
  /** By the client's alias. */
  readonly #writers = new Map<number, PlainWriter>()
  /** By the broker's alias. */
  readonly #readers = new Map<number, PlainReader>()
  #nextAlias = 1
  #id: string | undefined
  /** What came before WELCOME; undefined until the first packet. */
  #early: Packet[] | undefined

  constructor(components: {
    readonly clock: Clock
    readonly random: Random
    readonly createHash: CreateHash
    readonly output: DialectOutput
  }) {
    const { clock, random, createHash, output } = components
    this.#clock = clock
    this.#output = output
    this.#secret = newSecret(random)
    this.#seqs = new SeqSource(this.#secret, createHash)
    this.#publisher = new PlainPublisher(
      output,
      () => this.#nextAlias++,
      () => toHex(this.#seqs.next()),
    )
  }

  fromClient(packet: Packet): void {
    if (this.#id !== undefined) {
      this.#take(this.#id, packet)
      return
    }
    if (this.#early === undefined) this.#introduce(packet.from)
    this.#early = [...(this.#early ?? []), packet]
  }

  fromBroker(packet: Packet): void {
    if (packet.welcome !== undefined) this.#welcomed(packet.welcome["id"])
    else if (packet.frame === "start") this.#started(packet)
    else if (packet.frame === "error") this.#refused(packet)
    else if (packet.alias !== undefined) this.#said(packet.alias, packet)
    else this.#ofConnection(packet)
  }

  #introduce(id: string | undefined): void {
    const hello = { versions: [...VERSIONS], features: [], secret: this.#secret, ...(id !== undefined && { id }) }
    this.#output.toBroker({ uid: "", type: "command", hello })
  }

  #welcomed(id: JsonValue | undefined): void {
    if (typeof id !== "string") return
    const early = this.#early ?? []
    this.#id = id
    this.#early = []
    for (const packet of early) this.#take(id, packet)
  }

  /** What the client says. Its own mistakes with one stream end nothing else. */
  #take(id: string, packet: Packet): void {
    try {
      if (packet.uid === "") this.#takeConnections(packet)
      else if (packet.frame !== undefined || packet.alias !== undefined) throw saysMore("frames and aliases")
      else if (packet.type === "command") this.#command(id, packet)
      else if (isStatement(packet)) this.#state(packet)
      else if (packet.type === "event") this.#publish(packet)
      else this.#write(id, packet)
    } catch (error) {
      if (!(error instanceof BusError) || error.code === "protocol") throw error
      this.#output.toClient(refusal(packet, error))
    }
  }

  #takeConnections(packet: Packet): void {
    if (isPlainCommand(packet)) this.#output.toBroker(this.#commands.toCommand(packet))
    else if (packet.command !== undefined) this.#output.toBroker({ uid: "", type: "command", command: packet.command })
    else if (packet.ping !== undefined) this.#output.toClient({ uid: "", type: "command", pong: packet.ping })
    else throw saysMore("sessions")
  }

  #command(id: string, packet: Packet): void {
    if (packet.to !== DISPATCHER) {
      throw new BusError("unsupported", "Commands go to the dispatcher: this broker passes no requests on yet.")
    }
    if (packet.data === "unsubscribe") this.#unsubscribe(id, packet)
    else this.#output.toBroker(this.#commands.toCommand(packet))
  }

  #unsubscribe(id: string, packet: Packet): void {
    this.#readerOf(packet).cancel({ ...packet, cancel: { code: "closed", message: "The reader closed the stream." } })
    this.#forget()
    this.#output.toClient({ uid: packet.uid, from: DISPATCHER, to: id, type: "command", reply: { result: null } })
  }

  #publish(packet: Packet): void {
    const { to } = packet
    const isForClient = to !== undefined && to !== null && to !== DISPATCHER
    this.#publisher.publish(isForClient ? { ...packet, uid: mailboxSubject(to) } : packet)
  }

  #write(id: string, packet: Packet): void {
    if (packet.chunk === undefined) {
      throw new BusError("protocol", "a packet of a stream has a chunk or a status", { details: { field: "chunk" } })
    }
    const to = packet.to === null || packet.to === DISPATCHER ? undefined : packet.to
    const writer = this.#writerOf(packet.uid, to) ?? this.#newWriter(id, packet.uid, to)
    writer.write(packet)
  }

  #newWriter(id: string, uid: string, to: string | undefined): PlainWriter {
    this.#assertRoom()
    const alias = this.#nextAlias++
    const epoch = to === undefined ? 0 : Math.floor(this.#clock.wallNow() / 1_000)
    const seq = toHex(this.#seqs.next())
    const writer = new PlainWriter(this.#output, { uid, to, alias, seq, epoch, clientId: id })
    this.#writers.set(alias, writer)
    return writer
  }

  /** A statement about a stream: of its reader, or else of its writer. */
  #state(packet: Packet): void {
    if (packet.outcome !== undefined) {
      const writer = this.#writerOf(packet.uid, packet.to ?? undefined)
      if (writer === undefined) throw unknownStream(packet.uid)
      writer.state(packet)
      return
    }
    const reader = this.#readerOf(packet)
    if (packet.ack !== undefined || packet.cum !== undefined) reader.acknowledge(packet)
    if (packet.missing !== undefined) reader.again(packet)
    if (packet.cancel !== undefined) reader.cancel(packet)
    if (packet.status === "complete") reader.complete()
    this.#forget()
  }

  #writerOf(uid: string, to: string | undefined): PlainWriter | undefined {
    for (const writer of this.#writers.values()) {
      if (writer.options.uid === uid && writer.options.to === to) return writer
    }
    return undefined
  }

  #readerOf({ uid, to }: Packet): PlainReader {
    const readers = [...this.#readers.values()].filter((reader) => reader.uid === uid)
    const reader = readers.findLast(({ peer }) => peer === (to ?? undefined)) ?? readers.at(-1)
    if (reader === undefined) throw unknownStream(uid)
    return reader
  }

  #started(packet: Packet): void {
    const { alias = 0, kind, from, uid } = packet
    const known = this.#readers.get(alias)
    if (kind === "relayed" && known?.uid === uid && known.peer === from) {
      known.restated(packet.epoch)
      return
    }
    try {
      if (known === undefined) this.#assertRoom()
      this.#readers.set(alias, new PlainReader(this.#output, packet))
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      const receivers = (alias | AliasBit.receiver) >>> 0
      this.#output.toBroker({ uid, type: "stream", alias: receivers, cancel: { ...error.toJSON() } })
      this.#output.toClient(refusal(packet, error))
    }
  }

  /** An ERROR frame: of a stream, which is over then, or of the connection. */
  #refused(packet: Packet): void {
    const { alias, code, text, details } = packet
    const uid = alias === undefined ? "" : this.#ended(alias)
    if (uid !== undefined) this.#output.toClient({ uid, type: "stream", frame: "error", code, text, details })
  }

  #ended(alias: number): string | undefined {
    if (!isOwnAlias(alias)) {
      const reader = this.#readers.get(alias)
      this.#readers.delete(alias)
      return reader?.uid
    }
    const own = alias - AliasBit.receiver
    const writer = this.#writers.get(own)
    this.#writers.delete(own)
    return writer?.options.uid ?? this.#publisher.refused(own)
  }

  #said(alias: number, packet: Packet): void {
    try {
      if (isOwnAlias(alias)) this.#writers.get(alias - AliasBit.receiver)?.fromBroker(packet)
      else this.#readers.get(alias)?.fromBroker(packet)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.#reset(alias, packet, error)
    }
    if (packet.chunk !== undefined) this.#count(laneOf(packet.lane ?? "main"), packet)
    this.#forget()
  }

  /** A peer stated what cannot be: its stream is over, and nothing else. */
  #reset(alias: number, packet: Packet, error: BusError): void {
    const uid = this.#ended(alias) ?? packet.uid
    const address = (alias ^ AliasBit.receiver) >>> 0
    this.#output.toBroker({ uid, type: "stream", alias: address, cancel: { ...error.toJSON() } })
    this.#output.toClient(refusal({ uid, type: "stream" }, error))
  }

  /** The connection's credit is renewed as chunks pass, whatever the client acknowledges. */
  #count(lane: DataLane, packet: Packet): void {
    this.#credit.received(lane, costOf(packet))
    const credit = this.#credit.renewal(lane)
    if (credit !== undefined) this.#output.toBroker({ uid: "", type: "command", lane: packet.lane ?? "main", credit })
  }

  #ofConnection(packet: Packet): void {
    if (packet.ping !== undefined) this.#output.toBroker({ uid: "", type: "command", pong: packet.ping })
    if (packet.reply !== undefined) this.#output.toClient(this.#commands.named(packet, this.#id))
    if (packet.going_away !== undefined) this.#output.toClient(packet)
    if (packet.command?.["op"] === "broadcast") this.#told(packet.command["value"] ?? null)
    if (packet.resume_stream !== undefined) this.#restart(packet.resume_stream)
  }

  /** What the broker tells all of its clients, as an event of no subject's. */
  #told(data: JsonValue): void {
    this.#output.toClient({ uid: "", from: DISPATCHER, to: this.#id, type: "event", data })
  }

  /** A reader of the client's stream is on a new connection. */
  #restart({ name, to }: { readonly name?: JsonValue; readonly to?: JsonValue }): void {
    for (const writer of this.#writers.values()) {
      if (writer.options.uid === name && writer.options.to === to) writer.announce()
    }
  }

  #forget(): void {
    for (const [alias, writer] of this.#writers) if (writer.over) this.#writers.delete(alias)
    for (const [alias, reader] of this.#readers) if (reader.over) this.#readers.delete(alias)
  }

  #assertRoom(): void {
    if (this.#writers.size + this.#readers.size < PLAIN_STREAMS) return
    throw new BusError("rate_limited", `A client without HELLO has at most ${PLAIN_STREAMS} streams at a time.`, {
      details: { limit: PLAIN_STREAMS, windowBytes: BROKER_LIMITS.plainWindowBytes },
    })
  }
}

/** Whether an alias in what the broker says is the client's own. */
function isOwnAlias(alias: number): boolean {
  return alias >= AliasBit.receiver
}

/** Whether a packet says something of a stream, and carries none of it. */
function isStatement(packet: Packet): boolean {
  const { chunk, status, ack, missing, cum, cancel, outcome, data } = packet
  if (chunk !== undefined || data !== undefined) return false
  return [status, ack, missing, cum, cancel, outcome].some((field) => field !== undefined)
}

function saysMore(what: string): BusError {
  return new BusError("unsupported", `A client without HELLO has no ${what}: it says HELLO first for that.`)
}

function unknownStream(uid: string): BusError {
  return new BusError("unknown_stream", `This client reads and writes no stream "${uid}".`)
}
