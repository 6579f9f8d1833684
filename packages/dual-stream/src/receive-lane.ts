import {
  BusError,
  chunkCost,
  type DataLane,
  type Fields,
  FrameType,
  LIMITS,
  laneName,
  MAX_NUMBER,
  type MessageReader,
  type RangeList,
} from "@luxbus/packet"
import type { CreateHash } from "./hash.ts"
import { LaneDigest } from "./lane-digest.ts"
import type { ArrivedEnd, Chunk, LaneItem, LeftOut } from "./lane-item.ts"
import type { Gap } from "./notice.ts"
import type { LaneOrder, ReaderSource } from "./reader-source.ts"
import type { UnreadItems } from "./unread-items.ts"

export interface ReceiveLaneOptions {
  /** Who writes it. */
  readonly source: ReaderSource
  /** The number of the first chunk that will come: 0 where the lane is read whole. */
  readonly first: number
  /** First chunk of the message that holds `first`. Default: `first`. */
  readonly message?: number | undefined
  /** Credit of the lane. Default `LIMITS.windowBytes` of the lane. */
  readonly windowBytes?: number
}

/**
 * The reader's side of one lane: what arrived, what is missing, what the application has taken, and the credit that
 * follows from it.
 *
 * Costs are absolute, counted from where both sides count (the lane's start; of a hosted lane the attachment), so that
 * a repeated or lost grant changes nothing. Invariant: what is held costs no more than the window.
 */
export class ReceiveLane {
  readonly lane: DataLane
  /** Whether the first chunk that comes goes on with a message whose beginning does not come. */
  readonly beginsInside: boolean
  readonly #order: LaneOrder<Chunk | ArrivedEnd | LeftOut>
  readonly #windowBytes: number
  readonly #unread: UnreadItems
  readonly #digest: LaneDigest
  /** Sum of the costs of everything below `cum`. */
  #arrivedCost = 0
  /** Costs of what is held ahead of a hole. */
  #aheadCost = 0
  #ceiling: number
  /** A host that serves again what arrived on an attachment before has counted it: so must we, or its credit runs dry. */
  #countsRepeats = false
  #ended = false
  #final: number | undefined

  constructor(lane: DataLane, createHash: CreateHash, options: ReceiveLaneOptions) {
    this.lane = lane
    this.beginsInside = (options.message ?? options.first) < options.first
    this.#windowBytes = options.windowBytes ?? LIMITS.windowBytes[laneName(lane)]
    this.#order = options.source.order(options.first)
    this.#unread = options.source.unread(laneName(lane), options.first, options.message)
    this.#digest = new LaneDigest(lane, options.first === 0 ? createHash() : undefined)
    this.#ceiling = this.#windowBytes
  }

  /** Everything below has arrived in order and is held or was taken. */
  get cum(): number {
    return this.#order.cum
  }

  /**
   * The number of the next item that `take` gives: the application's place, and what a cursor holds. Before a gap it is
   * where that begins, so that who goes on from there hears of it.
   */
  get position(): number {
    return this.#unread.nextNumber ?? this.#order.cum
  }

  /** Whether the END has arrived, and everything before it. */
  get ended(): boolean {
    return this.#ended
  }

  /** Cost of everything that is held: untaken, kept for later, or ahead of a hole. */
  get heldCost(): number {
    return this.#unread.heldCost + this.#aheadCost
  }

  /** The sum of costs up to which the writer may send. */
  get ceiling(): number {
    return this.#ceiling
  }

  /** Whether chunks or gaps wait for the application; the END alone does not count. */
  get hasUntaken(): boolean {
    return this.#unread.hasUntaken
  }

  /** Whether `take` would give something. */
  get readable(): boolean {
    return this.#unread.readable
  }

  /** What has arrived above `cum`. */
  ranges(): RangeList {
    return this.#order.ranges()
  }

  /** The holes below the highest number that is known to have been sent; at most 64 ranges. */
  missing(): RangeList {
    return this.#order.missing()
  }

  /**
   * Takes in one frame.
   * @returns what it changed: `ready` (something can be taken), `hole` (something before it is missing) or `nothing`
   * (it had arrived, or cannot be held)
   * @throws BusError `flow_control` beyond the granted ceiling; `protocol` behind the END or the lane's final number,
   * or where the END does not agree with what arrived
   */
  receive(frame: MessageReader): "ready" | "hole" | "nothing" {
    const { number } = frame
    if (number < this.#order.cum) {
      if (this.#countsRepeats) this.#arrivedCost += chunkCost(frame.dataBytes)
      return "nothing"
    }
    if (this.#ended || number >= (this.#final ?? MAX_NUMBER)) this.#throwBeyondEnd()
    const item = itemOf(frame)
    const reception = this.#order.receive(number, item)
    if (reception === "duplicate" || reception === "refused") return "nothing"
    this.#aheadCost += item.cost
    const exceeds = this.#arrivedCost + this.#aheadCost > this.#ceiling
    if (exceeds || item.cost > this.#windowBytes / 2) this.#throwExceeded()
    if (reception === "ahead") return "hole"
    this.#advance()
    return "ready"
  }

  /** The next item, once. Its cost counts as taken: credit follows from it. */
  take(): LaneItem | undefined {
    return this.#unread.take()
  }

  /** Raises the ceiling if that makes half of a window or more, and says whether it did. */
  renew(): boolean {
    const ceiling = this.#earnedCeiling
    if (ceiling - this.#ceiling < this.#windowBytes / 2) return false
    this.#ceiling = ceiling
    return true
  }

  /** Raises the ceiling by whatever was taken: what is stated on a new attachment. */
  renewNow(): void {
    this.#ceiling = Math.max(this.#ceiling, this.#earnedCeiling)
  }

  /** A hosted lane's credit counts from its attachment: what is held still fills the window. */
  restartCredit(): void {
    this.#arrivedCost = 0
    this.#aheadCost = 0
    this.#countsRepeats = true
    this.#ceiling = this.#earnedCeiling
  }

  /**
   * The writer stated that it has sent every number below `next`.
   * @throws BusError `protocol` beyond the lane's end
   */
  stateNext(next: number): void {
    if (next > (this.#ended ? this.#order.cum : (this.#final ?? MAX_NUMBER))) this.#throwBeyondEnd()
    this.#order.stateNext(next)
  }

  /**
   * The outcome names the lane's final number, its END counted: nothing comes at or above it.
   * @throws BusError `protocol` where more has arrived, or the END bears another number
   */
  stateFinal(final: number): void {
    const highest = this.#order.ranges().at(-1)?.[1] ?? this.#order.cum - 1
    const agrees = highest < final && (!this.#ended || this.#order.cum === final)
    if (!agrees || (this.#final !== undefined && this.#final !== final)) this.#throwBeyondEnd()
    this.#final = final
  }

  /**
   * Nothing from the gap's first range on will come below `first`: reading goes on there, after a gap that the
   * application sees behind what comes before it. Below `cum` only credit follows from it, unless the lane begins with it:
   * in another epoch than its reader asked for, though no number is missing here.
   * @param at the sum of costs at `first`, which credit jumps to; absent: what has arrived counts
   * @param begins whether the reader is new to the lane
   * @throws BusError `protocol` for numbers that no lane can reach
   */
  skip(gap: Omit<Gap, "type" | "lane">, at = 0, begins = false): void {
    const { first, ranges } = gap
    const { cum } = this.#order
    if (at > MAX_NUMBER - 2 * this.#windowBytes) this.#throwBeyondEnd()
    if (first > cum) {
      if (this.#ended || first > (this.#final ?? MAX_NUMBER - 1)) this.#throwBeyondEnd()
      const from = Math.max(cum, ranges[0]?.[0] ?? 0)
      const leftOut = { type: "leftOut" as const, gap: { ...gap, ranges: [[from, first - 1]] as const }, at, cost: 0 }
      for (const { cost } of this.#order.leaveOut(from, first - 1, leftOut)) leftOut.cost += cost
      this.#advance()
      return
    }
    if (begins && first === cum && this.#arrivedCost === 0 && !this.readable) this.#pushGap(gap)
    this.#arrivedCost = Math.max(this.#arrivedCost, at)
  }

  /**
   * Counts everything that arrived in order as taken, though nobody has, and keeps only the last `keepCost` of it: a
   * gap tells of the rest. The lane's END stays.
   */
  drain(keepCost: number): void {
    this.#unread.drain(keepCost)
  }

  get #earnedCeiling(): number {
    return this.#arrivedCost - this.#unread.windowCost + this.#windowBytes
  }

  #advance(): void {
    for (let item = this.#order.take(); item !== undefined; item = this.#order.take()) {
      if (this.#ended) this.#throwBeyondEnd()
      // Restarted credit forgets what was ahead: it arrives once more by the writer's count.
      this.#aheadCost = Math.max(0, this.#aheadCost - item.cost)
      this.#arrivedCost += item.cost
      if (item.type === "leftOut") {
        this.#digest.lose()
        this.#arrivedCost = Math.max(this.#arrivedCost, item.at)
        this.#pushGap(item.gap)
        continue
      }
      this.#digest.update(item.data)
      if (item.type === "chunk") this.#unread.push(item)
      else this.#end(item)
    }
  }

  #pushGap(gap: Omit<Gap, "type" | "lane">): void {
    this.#unread.pushGap({ ...gap, type: "gap", lane: laneName(this.lane), message: Math.min(gap.message, gap.first) })
  }

  #end(end: ArrivedEnd): void {
    const { number, data, flags, fields } = end
    const ahead = this.#order.ranges().length > 0
    if (ahead || number + 1 !== (this.#final ?? number + 1)) this.#throwBeyondEnd()
    this.#ended = true
    const verified = this.#digest.verify(number, fields)
    if (data.length > 0) this.#unread.push({ type: "chunk", number, data, flags, cost: end.cost, ...namesIn(fields) })
    this.#unread.push({ type: "end", number, fields, verified, cost: data.length > 0 ? 0 : end.cost })
  }

  #throwExceeded(): never {
    throw new BusError("flow_control", `More was sent on the ${laneName(this.lane)} lane than its reader granted.`, {
      details: { ceiling: this.#ceiling },
    })
  }

  #throwBeyondEnd(): never {
    throw new BusError("protocol", `The ${laneName(this.lane)} lane goes on behind its end.`)
  }
}

function itemOf(frame: MessageReader): Chunk | ArrivedEnd {
  const { number, flags } = frame
  const data = frame.data()
  const cost = chunkCost(data.length)
  const fields: Fields | undefined = frame.hasFields ? frame.fields() : undefined
  if (frame.type === FrameType.end) return { type: "end", number, data, flags, cost, fields: fields ?? {} }
  return { type: "chunk", number, data, flags, cost, ...namesIn(fields) }
}

/** What a chunk says of itself beside its data. */
function namesIn(fields: Fields | undefined) {
  return { origin: fields?.origin, subject: fields?.subject, attempt: fields?.attempt }
}
