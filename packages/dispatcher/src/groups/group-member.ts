import { type BrokerCarrier, type FrameOutput, type StreamEnd, startIds } from "@luxbus/dual-stream"
import {
  BusError,
  chunkCost,
  type Fields,
  Lane,
  LIMITS,
  type MessageReader,
  PacketKind,
  StreamKind,
  Urgency,
} from "@luxbus/packet"
import type { LogIdentity } from "../stream-log.ts"
import type { GroupItem, GroupMessage } from "./group-item.ts"

export interface GroupMemberOptions {
  /** Names the client's session. */
  readonly session: string
  /** Messages that it is given before it has acknowledged the first of them. */
  readonly prefetch: number
  /** The number that it begins with: where it stands, if the broker has forgotten it meanwhile. */
  readonly first: number
}

export interface GroupMemberEvents {
  /** It takes more than before: it is attached, or has acknowledged something. */
  roomy(): void
  /** It takes nothing for now: its connection is lost. */
  away(): void
  /** It is done with this one. */
  acknowledged(item: GroupItem): void
  /** It has left for good, without having acknowledged these, the oldest first. */
  left(items: readonly GroupItem[]): void
}

/** One member's place on a connection. */
export interface MemberAttachment {
  readonly carrier: BrokerCarrier
  /** The number of the command that asked for it. */
  readonly request: number
  /** The number of the next chunk that it has not got: what it has not acknowledged of that and below is not sent again. */
  readonly next: number
  /** It comes from a topic that is no more: what it had of that ends here. */
  readonly isAnew: boolean
  /** The connection, or its owner, has let go of this attachment. */
  readonly left: () => void
}

/** What it was given and has not acknowledged. */
interface Entry {
  readonly item: GroupItem
  /** Of its chunks, by this member's own count. */
  readonly first: number
  /** Whether any of it went to a connection: the member may have worked on it. */
  isSent: boolean
}

/**
 * One member of a group, which is given as much as it may have by count (`prefetch`) and about 1 MiB by size: its own numbers, over all its connections, and what it was given and has not acknowledged. While
 * its connection is away that stays with it, as it may be at work on it; it goes to others once its session is over.
 */
export class GroupMember implements StreamEnd {
  /** Names the client's session. */
  readonly session: string
  readonly #identity: LogIdentity
  readonly #prefetch: number
  readonly #events: GroupMemberEvents
  readonly #held: Entry[] = []
  #heldBytes = 0
  /** The number that is given next. */
  #next: number
  #attachment: MemberAttachment | undefined
  #address = 0
  /** The number that is sent next on this attachment. */
  #sendNext = 0
  #ceiling = 0
  #sentCost = 0
  #gone = false

  constructor(identity: LogIdentity, { session, prefetch, first }: GroupMemberOptions, events: GroupMemberEvents) {
    this.session = session
    this.#identity = identity
    this.#prefetch = prefetch
    this.#next = first
    this.#events = events
  }

  /** Whether it takes another message now. */
  get hasRoom(): boolean {
    const fits = this.#held.length < this.#prefetch && this.#heldBytes < LIMITS.windowBytes.main
    return this.#attachment !== undefined && fits
  }

  /** Puts it on a connection, in place of the one before. */
  attach(attachment: MemberAttachment): void {
    this.#letGo()
    const { carrier, request, next, isAnew } = attachment
    const { name, epoch, incarnation } = this.#identity
    this.#attachment = attachment
    this.#address = carrier.allocate(this)
    this.#sendNext = Math.min(Math.max(next, this.#held[0]?.first ?? this.#next), this.#next)
    this.#ceiling = 0
    this.#sentCost = 0
    carrier.start(
      this.#address,
      { ...startIds(name), epoch, hop: Urgency.normal },
      {
        kind: StreamKind.delivery,
        type: PacketKind.event,
        name,
        request,
        incarnation,
        mainFirst: this.#sendNext,
        acks: true,
      },
    )
    if (isAnew) {
      const first = this.#sendNext
      carrier.control(this.#address, 0, { lane: Lane.main, gap: [], first, message: first, at: 0, reason: "epoch" })
    }
    this.#wake()
    this.#events.roomy()
  }

  /** Gives it something. Only where it `hasRoom`. */
  give(item: GroupItem): void {
    this.#held.push({ item, first: this.#next, isSent: false })
    this.#next += chunkCount(item)
    this.#heldBytes += bytesOf(item)
    this.#wake()
  }

  /** Its session is over. */
  leave(): void {
    if (this.#gone) return
    this.#gone = true
    this.#letGo()
    this.#events.left(this.#held.splice(0).map(again))
  }

  /** The topic is gone: it is told the error if there is one, and nothing is given back. */
  close(error: BusError | undefined): void {
    if (this.#gone) return
    this.#gone = true
    if (error !== undefined) this.#attachment?.carrier.reset(this.#address, error)
    this.#letGo()
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane !== Lane.main || this.#attachment === undefined) return false
    for (const entry of this.#held) {
      if (entry.first + chunkCount(entry.item) <= this.#sendNext) continue
      if (output.room <= 0) return true
      if (entry.item.type === "gap") this.#stateGap(entry.first + entry.item.count, output)
      else if (!this.#send(entry, entry.item, output)) return output.room <= 0
    }
    return false
  }

  frame(_frame: MessageReader): void {
    throw new BusError("protocol", "a member sends no chunks on what it reads")
  }

  endRun(): void {}

  control({ lane = Lane.main, credit, taken, cancel }: Fields): void {
    if (this.#attachment === undefined) return
    if (lane === Lane.main && credit !== undefined && credit > this.#ceiling) {
      this.#ceiling = credit
      this.#wake()
    }
    if (taken !== undefined) this.#acknowledged(taken)
    if (cancel !== undefined) this.#cancelled(cancel["code"])
  }

  reset(_error: BusError): void {
    this.leave()
  }

  detach(): void {
    const attachment = this.#attachment
    this.#attachment = undefined
    attachment?.left()
    if (attachment !== undefined) this.#events.away()
  }

  /** @returns false where credit or room is used up before its end */
  #send(entry: Entry, { chunks, origin, earlierAttempts }: GroupMessage, output: FrameOutput): boolean {
    for (let index = this.#sendNext - entry.first; index < chunks.length; index++) {
      const chunk = chunks[index]
      if (chunk === undefined) break
      const cost = chunkCost(chunk.data.length)
      if (output.room <= 0 || this.#sentCost + cost > this.#ceiling) return false
      const attempt = earlierAttempts > 0 ? earlierAttempts + 1 : undefined
      entry.isSent = true
      this.#sentCost += cost
      output.chunk(Lane.main, chunk.flags, 0, this.#sendNext++, chunk.data, { origin, attempt })
    }
    return true
  }

  #stateGap(first: number, output: FrameOutput): void {
    const gap = [[this.#sendNext, first - 1]] as const
    output.control(0, { lane: Lane.main, gap, first, message: first, at: this.#sentCost, reason: "lagged" })
    this.#sendNext = first
  }

  /** @throws BusError `protocol` for what it was not sent */
  #acknowledged(taken: number): void {
    if (taken > this.#sendNext) throw new BusError("protocol", "a member acknowledges what it was not sent")
    const before = this.#held.length
    for (let [oldest] = this.#held; oldest !== undefined; [oldest] = this.#held) {
      if (oldest.first + chunkCount(oldest.item) > taken) break
      this.#held.shift()
      this.#heldBytes -= bytesOf(oldest.item)
      this.#events.acknowledged(oldest.item)
    }
    if (this.#held.length < before) this.#events.roomy()
  }

  #cancelled(code: unknown): void {
    if (code === undefined) throw new BusError("unsupported", "a topic has no writer to stop")
    this.leave()
  }

  #letGo(): void {
    const attachment = this.#attachment
    this.#attachment = undefined
    attachment?.carrier.release(this.#address)
    attachment?.left()
  }

  #wake(): void {
    this.#attachment?.carrier.wake(this.#address, Lane.main)
  }
}

function chunkCount(item: GroupItem): number {
  return item.type === "gap" ? item.count : item.chunks.length
}

function bytesOf(item: GroupItem): number {
  return item.type === "gap" ? 0 : item.chunks.reduce((sum, { data }) => sum + data.length, 0)
}

/** As another member gets it. */
function again({ item, isSent }: Entry): GroupItem {
  return item.type === "gap" || !isSent ? item : { ...item, earlierAttempts: item.earlierAttempts + 1 }
}
