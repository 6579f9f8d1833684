import {
  AliasBit,
  BusError,
  foldRanges,
  LIMITS,
  type Packet,
  parseOutcome,
  type RangeList,
  rangesToJson,
} from "@luxbus/packet"
import { RangeSet } from "@luxbus/stream-memory"
import type { DialectOutput } from "./dialect.ts"
import { costOf, PLAIN_ERROR_WINDOW_COST, PLAIN_WINDOW_COST } from "./plain-window.ts"

interface HeldChunk {
  readonly packet: Packet
  readonly cost: number
}

class ReaderLane {
  readonly name: "main" | "error"
  readonly windowCost: number
  /** What the client has, or will not get any more. */
  readonly done = new RangeSet()
  /** What it was sent and has not acknowledged. */
  readonly held = new Map<number, HeldChunk>()
  heldCost = 0
  /** Costs of what it has acknowledged. */
  doneCost = 0
  /** The number behind the highest that was sent. */
  next: number
  statedNext = 0
  /** Gaps before which something has not arrived yet, and the sums of costs behind them. */
  gaps: { readonly from: number; readonly at: number }[] = []

  constructor(name: "main" | "error", first: number) {
    this.name = name
    this.windowCost = name === "main" ? PLAIN_WINDOW_COST : PLAIN_ERROR_WINDOW_COST
    this.next = first
    if (first > 0) this.done.add(0, first - 1)
  }

  get cum(): number {
    return this.done.gaps(0, this.next)[0]?.[0] ?? this.next
  }

  get ceiling(): number {
    return this.doneCost + this.windowCost
  }

  /** Counts what lies behind gaps, once all that comes before them has arrived. */
  countGaps(): void {
    this.gaps = this.gaps.filter(({ from, at }) => {
      let heldCost = 0
      let arrived = 0
      for (const [number, { cost }] of this.held) {
        if (number >= from) continue
        heldCost += cost
        arrived++
      }
      for (const [first, last] of this.done.gaps(0, from - 1)) arrived -= last - first + 1
      if (arrived < 0) return true
      this.doneCost = Math.max(this.doneCost, at - heldCost)
      return false
    })
  }
}

/**
 * A stream or topic that a plain client reads: the broker grants it a fixed window, which the client's acks move, and
 * keeps what it has not acknowledged, to send again what it says is `missing`. A topic's events need no acks: at most
 * once, and what the transport has taken is done.
 */
export class PlainReader {
  readonly uid: string
  /** The peer that writes it; undefined where the broker does. */
  readonly peer: string | undefined
  readonly #output: DialectOutput
  readonly #alias: number
  readonly #isTopic: boolean
  readonly #main: ReaderLane
  readonly #error: ReaderLane
  #outcome: { readonly main: number; readonly error: number } | undefined
  #over = false

  /** @param start the START that announced it */
  constructor(output: DialectOutput, start: Packet) {
    const { uid, alias = 0, kind, type, from, epoch, main_first: main = 0, error_first: error = 0 } = start
    this.#output = output
    this.uid = uid
    this.#alias = (alias | AliasBit.receiver) >>> 0
    this.#isTopic = type === "event"
    this.peer = kind === "relayed" ? from : undefined
    this.#main = new ReaderLane("main", main)
    this.#error = new ReaderLane("error", error)
    if (this.peer !== undefined) this.#say({ open: true, epoch })
    this.#statePlaces()
  }

  /** Whether nothing more will come: it is complete. */
  get over(): boolean {
    return this.#over
  }

  /** Where it stands, as its writer, on another connection or announcing anew, has to know. */
  restated(epoch: number | undefined): void {
    this.#say({ open: true, epoch })
    this.#statePlaces()
  }

  /** What the stream's writer, or the broker, says. */
  fromBroker(packet: Packet): void {
    const lane = this.#lane(packet)
    if (packet.chunk !== undefined) {
      this.#chunk(lane, packet.chunk, packet)
      return
    }
    if (packet.gap !== undefined) this.#gap(lane, packet)
    if (packet.hole !== undefined) this.#say({ lane: lane.name, missing: packet.hole })
    if (packet.next !== undefined) this.#statedNext(lane, packet.next)
    if (packet.suspended !== undefined || packet.resumed !== undefined) this.#tell(packet)
    if (packet.outcome !== undefined) this.#settled(packet)
  }

  /**
   * The client's acknowledgement.
   * @throws BusError `protocol` for what was never sent
   */
  acknowledge(packet: Packet): void {
    const lane = this.#lane(packet)
    const { cum = 0 } = packet
    if (cum > 0) this.#done(lane, [[0, cum - 1]], "cum")
    this.#done(lane, foldRanges(packet.ack ?? []), "ack")
    this.#statePlace(lane)
    this.#checkComplete()
  }

  /** The client asks for chunks again. What it has acknowledged is kept no longer. */
  again(packet: Packet): void {
    const lane = this.#lane(packet)
    const missing = foldRanges(packet.missing ?? [])
    const kept = new RangeSet()
    for (const [number, { packet: held }] of lane.held) {
      kept.add(number)
      if (isIn(number, missing)) this.#tell(held)
    }
    const absent = missing
      .map(([first, last]) => [first, Math.min(last, lane.next - 1)] as const)
      .filter(([first, last]) => first <= last)
      .flatMap(([first, last]) => kept.gaps(first, last))
    const onTheWay = this.peer === undefined ? [] : absent.flatMap(([first, last]) => lane.done.gaps(first, last))
    if (onTheWay.length > 0) this.#say({ lane: lane.name, missing: rangesToJson(onTheWay.slice(0, LIMITS.ranges)) })
    const gone = without(absent, onTheWay)
    if (gone.length === 0) return
    const first = Math.min(lane.next, ...lane.held.keys())
    this.#tell({ ...named(lane), status: "gap", gap: rangesToJson(gone), first, reason: "evicted" })
  }

  /**
   * The client says that it has all of it.
   * @throws BusError `invalid_state` before the stream has ended
   */
  complete(): void {
    if (this.#outcome === undefined) {
      throw new BusError("invalid_state", `"${this.uid}" has not ended yet.`, { details: { state: "open" } })
    }
    for (const lane of [this.#main, this.#error]) this.#done(lane, [...lane.held.keys()].map(asRange), "status")
    this.#checkComplete()
  }

  /** The client asks its writer to stop, or reads it no longer. */
  cancel(packet: Packet): void {
    this.#say({ cancel: packet.cancel })
    if (typeof packet.cancel?.["code"] === "string") this.#over = true
  }

  #lane(packet: Packet): ReaderLane {
    return packet.lane === "error" ? this.#error : this.#main
  }

  #chunk(lane: ReaderLane, number: number, packet: Packet): void {
    if (lane.done.has(number)) return
    if (!lane.held.has(number)) {
      // A topic is served in order, and of a pattern's numbers most are of other subjects: nothing between is to come.
      if (this.#isTopic) this.#taken(lane, number, costOf(packet))
      else this.#hold(lane, number, packet)
      lane.next = Math.max(lane.next, number + 1)
    }
    this.#tell(packet)
  }

  #hold(lane: ReaderLane, number: number, packet: Packet): void {
    const cost = costOf(packet)
    lane.held.set(number, { packet, cost })
    lane.heldCost += cost
    if (lane.gaps.length > 0) lane.countGaps()
  }

  #taken(lane: ReaderLane, number: number, cost: number): void {
    const before = lane.doneCost
    lane.done.add(Math.min(lane.next, number), number)
    lane.doneCost += cost
    const half = lane.windowCost / 2
    if (Math.floor(before / half) !== Math.floor(lane.doneCost / half)) this.#statePlace(lane)
  }

  #done(lane: ReaderLane, ranges: RangeList, field: keyof Packet): void {
    const last = ranges.at(-1)?.[1] ?? 0
    if (ranges.length > 0 && last >= lane.next) {
      throw new BusError("protocol", `"${this.uid}" has no chunk ${last} yet.`, { details: { field } })
    }
    for (const [number, { cost }] of lane.held) {
      if (!isIn(number, ranges)) continue
      lane.held.delete(number)
      lane.heldCost -= cost
      lane.done.add(number)
      lane.doneCost += cost
    }
  }

  /** The client is told at once. What a peer has sent before may still be on its way: credit counts from the gap later. */
  #gap(lane: ReaderLane, packet: Packet): void {
    const { first = 0, at = 0 } = packet
    const from = this.peer === undefined ? 0 : (foldRanges(packet.gap ?? [])[0]?.[0] ?? first)
    const isNews = this.peer === undefined || lane.done.gaps(from, first - 1).length > 0
    if (first > from) lane.done.add(from, first - 1)
    for (const [number, { cost }] of lane.held) {
      if (number < from || number >= first) continue
      lane.held.delete(number)
      lane.heldCost -= cost
      lane.doneCost += cost
    }
    lane.next = Math.max(lane.next, first)
    lane.gaps = [...lane.gaps.filter((gap) => gap.from !== from), { from, at }]
    lane.countGaps()
    if (isNews) this.#tell(packet)
    this.#statePlace(lane)
  }

  /** A writer that says the same twice has no answer that it can use: what lies between is missing. */
  #statedNext(lane: ReaderLane, next: number): void {
    const isRepeated = next <= lane.statedNext
    lane.statedNext = next
    this.#statePlace(lane)
    if (!isRepeated || next === 0) return
    const arrived = new RangeSet()
    for (const [first, last] of lane.done.list()) arrived.add(first, last)
    for (const number of lane.held.keys()) arrived.add(number)
    const missing = arrived.gaps(0, next - 1, LIMITS.ranges)
    if (missing.length > 0) this.#say({ lane: lane.name, missing: rangesToJson(missing) })
  }

  #settled(packet: Packet): void {
    const isNews = this.#outcome === undefined
    this.#outcome = parseOutcome(packet.outcome)
    if (isNews) this.#tell(packet)
    this.#checkComplete()
  }

  #checkComplete(): void {
    const outcome = this.#outcome
    if (this.#over || outcome === undefined) return
    if (this.#main.cum < outcome.main || this.#error.cum < outcome.error) return
    this.#over = true
    this.#say({ status: "complete" })
  }

  #statePlaces(): void {
    this.#statePlace(this.#main)
    this.#statePlace(this.#error)
  }

  #statePlace(lane: ReaderLane): void {
    const credit = { lane: lane.name, credit: lane.ceiling }
    if (this.peer === undefined) {
      this.#say(credit)
      return
    }
    const { cum } = lane
    const ack = lane.done.list().filter(([first]) => first > cum)
    const above = ack.length > 0 ? { ack: rangesToJson(ack.slice(0, LIMITS.ranges)) } : {}
    this.#say({ ...credit, cum, ...above })
  }

  #say(packet: Omit<Packet, "uid" | "type">): void {
    this.#output.toBroker({ uid: this.uid, type: "stream", alias: this.#alias, ...packet })
  }

  #tell(packet: Omit<Packet, "uid" | "type">): void {
    this.#output.toClient({ uid: this.uid, type: this.#isTopic ? "event" : "stream", ...packet, alias: undefined })
  }
}

function isIn(number: number, ranges: RangeList): boolean {
  return ranges.some(([first, last]) => number >= first && number <= last)
}

function asRange(number: number): readonly [number, number] {
  return [number, number]
}

/** The ranges without those of `taken`, which are parts of them. */
function without(ranges: RangeList, taken: RangeList): RangeList {
  const rest = new RangeSet()
  for (const [first, last] of taken) rest.add(first, last)
  return ranges.flatMap(([first, last]) => rest.gaps(first, last))
}

function named({ name }: ReaderLane): Pick<Packet, "lane"> {
  return name === "error" ? { lane: name } : {}
}
