import {
  BROKER_LIMITS,
  BusError,
  DISPATCHER,
  foldRanges,
  type JsonObject,
  type JsonValue,
  type Packet,
} from "@luxbus/packet"
import { RangeSet } from "@luxbus/stream-memory"
import { type DialectOutput, flatList } from "./dialect.ts"
import { costOf, PLAIN_WINDOW_COST } from "./plain-window.ts"

/** What a plain client writes. */
export interface PlainWriterOptions {
  readonly uid: string
  /** The reader's client id; undefined: the broker hosts the stream. */
  readonly to: string | undefined
  readonly alias: number
  /** Names its creation, in hex. */
  readonly seq: string
  /** Of the writer's making; 0 where the broker hosts. */
  readonly epoch: number
  readonly clientId: string
}

class WriterLane {
  readonly name: "main" | "error"
  /** Numbers that the client has sent. */
  readonly seen = new RangeSet()
  /** Numbers whose acknowledgement the client was told. */
  readonly told = new RangeSet()
  /** What waits for `open`, or for credit. */
  readonly held = new Map<number, Packet>()
  heldCost = 0
  sentCost = 0
  ceiling = 0
  /** The number behind its END. */
  final: number | undefined

  constructor(name: "main" | "error") {
    this.name = name
  }

  get next(): number {
    return (this.seen.highest() ?? -1) + 1
  }
}

/**
 * A stream that a plain client writes: the broker says for it what a writer says beside its chunks. It keeps what may
 * not travel yet, at most the window of 256 KiB; what has travelled, the client keeps, and sends again when it is asked
 * for what is `missing`.
 */
export class PlainWriter {
  readonly options: PlainWriterOptions
  readonly #output: DialectOutput
  readonly #main = new WriterLane("main")
  readonly #error = new WriterLane("error")
  #open = false
  #everOpen = false
  #outcome: JsonObject | undefined
  #over = false

  constructor(output: DialectOutput, options: PlainWriterOptions) {
    this.#output = output
    this.options = options
    this.announce()
  }

  /** Whether nothing more is to be said: it is complete, or has failed. */
  get over(): boolean {
    return this.#over
  }

  /** Says START, the first time or again: where the reader is on another connection, or was absent. */
  announce(): void {
    const { to, epoch, seq, alias, clientId } = this.options
    this.#open = false
    this.#output.toBroker({
      uid: this.options.uid,
      type: "stream",
      frame: "start",
      from: clientId,
      ...(to !== undefined && { to }),
      kind: to === undefined ? "hosted" : "relayed",
      alias,
      seq,
      ...(epoch !== 0 && { epoch }),
      ...(this.#everOpen && { resume: true as const }),
    })
  }

  /**
   * The client's chunk, a new one or one that was asked for again.
   * @throws BusError `invalid_state` behind the lane's end, `flow_control` beyond the window
   */
  write(packet: Packet): void {
    const { chunk = 0, is_final: isFinal = false } = packet
    const lane = this.#lane(packet)
    if (chunk >= (lane.final ?? Number.MAX_SAFE_INTEGER)) {
      throw new BusError("invalid_state", `The ${lane.name} lane of "${this.options.uid}" has ended.`, {
        details: { state: "ended" },
      })
    }
    if (lane.seen.has(chunk)) {
      if (this.#open && !lane.held.has(chunk)) this.#say(packet)
      return
    }
    const cost = costOf(packet)
    if (lane.heldCost + cost > PLAIN_WINDOW_COST) throw exceeded(this.options.uid)
    lane.seen.add(chunk)
    lane.held.set(chunk, packet)
    lane.heldCost += cost
    if (isFinal) lane.final = chunk + 1
    this.#release(lane)
    if (isFinal && lane === this.#main) this.#finish()
  }

  /** The client states the outcome itself. */
  state(packet: Packet): void {
    if (packet.outcome !== undefined) this.#outcome = packet.outcome
    this.#say({ ...packet, status: undefined })
  }

  /** What the stream's reader, or the broker, says of it. */
  fromBroker(packet: Packet): void {
    if (packet.verdict !== undefined) this.#judge(packet.verdict)
    if (packet.open) this.#opened()
    if (packet.suspended !== undefined) this.#open = false
    if (packet.suspended !== undefined || packet.cancel !== undefined) this.#tell(noticeOf(packet))
    if (typeof packet.cancel?.["code"] === "string") this.#over = true
    if (packet.cum !== undefined || packet.ack !== undefined || packet.credit !== undefined) this.#acknowledged(packet)
    if (packet.missing !== undefined) {
      this.#tell({ status: "missing", ...laneOf(packet), missing: flatList(foldRanges(packet.missing)) })
    }
    if (packet.status === "complete") this.#completed()
  }

  #lane(packet: Packet): WriterLane {
    return packet.lane === "error" ? this.#error : this.#main
  }

  /** The main lane's end is the stream's: the error lane ends with it. */
  #finish(): void {
    const error = this.#error
    if (error.next > 0 && error.final === undefined) {
      this.write({ uid: this.options.uid, type: "stream", lane: "error", chunk: error.next, is_final: true })
    }
    if (this.#outcome !== undefined) return
    this.#outcome = { status: "done", main: this.#main.final ?? 0, error: error.final ?? 0 }
    if (this.#open) this.#say({ uid: "", type: "stream", outcome: this.#outcome })
  }

  #opened(): void {
    this.#open = true
    this.#release(this.#main)
    this.#release(this.#error)
    // Who reads on another connection now must hear how far the stream is.
    if (this.#everOpen) {
      for (const { name, next, held } of [this.#main, this.#error]) {
        const sent = Math.min(next, ...held.keys())
        if (sent > 0) this.#say({ uid: "", type: "stream", lane: name, next: sent })
      }
    }
    this.#everOpen = true
    if (this.#outcome !== undefined) this.#say({ uid: "", type: "stream", outcome: this.#outcome })
  }

  #judge(verdict: JsonObject): void {
    const { verdict: word, current = null }: { readonly verdict?: JsonValue; readonly current?: JsonValue } = verdict
    this.#open = false
    if (word === "retry") this.announce()
    else if (word === "unknown") this.#fail("peer_lost", "The peer knows nothing of the stream.")
    else if (word === "fenced") this.#fail("fenced", "Another writer has claimed this stream.", { current })
  }

  #fail(code: string, text: string, details?: JsonObject): void {
    this.#over = true
    this.#tell({ frame: "error", code, text, ...(details !== undefined && { details }) })
  }

  #completed(): void {
    this.#over = true
    this.#tell({ status: "complete" })
  }

  #acknowledged(packet: Packet): void {
    const lane = this.#lane(packet)
    lane.ceiling = Math.max(lane.ceiling, packet.credit ?? 0)
    this.#release(lane)
    const { cum = 0 } = packet
    const arrived = [...(cum > 0 ? [[0, cum - 1] as const] : []), ...foldRanges(packet.ack ?? [])]
    const news = arrived.flatMap(([first, last]) => lane.told.gaps(first, Math.min(last, lane.next - 1)))
    if (news.length === 0) return
    for (const [first, last] of news) lane.told.add(first, last)
    this.#tell({ status: "ack", ...(lane.name === "error" && { lane: "error" as const }), ack: flatList(news) })
  }

  /** Sends what is held, as far as the reader's credit goes. */
  #release(lane: WriterLane): void {
    if (!this.#open) return
    for (const [chunk, packet] of lane.held) {
      const cost = costOf(packet)
      if (lane.sentCost + cost > lane.ceiling) return
      lane.held.delete(chunk)
      lane.heldCost -= cost
      lane.sentCost += cost
      this.#say(packet)
    }
  }

  #say(packet: Packet): void {
    const { uid, alias, clientId, to } = this.options
    this.#output.toBroker({
      ...packet,
      uid,
      alias,
      from: clientId,
      to,
      origin: undefined,
      subject: undefined,
      epoch: undefined,
    })
  }

  #tell(packet: Omit<Packet, "uid" | "type">): void {
    const { uid, to, clientId } = this.options
    this.#output.toClient({ uid, from: to ?? DISPATCHER, to: clientId, type: "stream", ...packet })
  }
}

function exceeded(uid: string): BusError {
  const limit = BROKER_LIMITS.plainWindowBytes
  return new BusError("flow_control", `More of "${uid}" waits for its reader than a client without HELLO may send.`, {
    details: { limit },
  })
}

function laneOf({ lane }: Packet): Pick<Packet, "lane"> {
  return lane === "error" ? { lane } : {}
}

function noticeOf({ suspended, cancel }: Packet): Pick<Packet, "suspended" | "cancel"> {
  return { ...(suspended !== undefined && { suspended }), ...(cancel !== undefined && { cancel }) }
}
