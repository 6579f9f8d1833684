import type { Clock, Timer } from "@luxbus/clock"
import type { BrokerCarrier, StartHeader, StreamEnd } from "@luxbus/dual-stream"
import {
  AliasBit,
  BusError,
  type DataLane,
  type Fields,
  FrameType,
  type FullHeader,
  HopFlag,
  type JsonObject,
  Lane,
  LIMITS,
  MessageWriter,
} from "@luxbus/packet"
import { ConnectionReaders } from "../connection-readers.ts"
import { asBusError } from "../when-settled.ts"
import { ControlChannel } from "./control-channel.ts"
import type { DatagramHeader } from "./datagram.ts"
import { NodeInput } from "./node-input.ts"
import { NodeOutput } from "./node-output.ts"
import { type NodeAnswer, NodeRequests } from "./node-requests.ts"

/** How often a link with streams on it is looked at: whether the other broker was heard of. */
const LOOK_MS = 2_500
/** How long a link without streams is kept: for the next stream, and for what is still under way. */
const IDLE_MS = 60_000
/** Messages of an ordered link, of 64 KiB each, that may be under way: the window of one reader. More waits unbuilt. */
const MAX_UNDER_WAY = 16
/** Characters of an error's message that travel. */
const MAX_TEXT_LENGTH = 512
/** The lower byte of a compact frame's hop flags. */
const HOP_LOW_AT = 3
const NOTHING: Uint8Array = new Uint8Array(0)

export interface NodeLinkComponents {
  readonly clock: Clock
  /** Aliases of this broker on all its links, none twice. */
  readonly nextAlias: () => number
  /** Whether chunks arrive in order, too. */
  readonly isOrdered: boolean
  readonly events: NodeLinkEvents
}

export interface NodeLinkEvents {
  /** Send this to the other broker. */
  transmit(header: Omit<DatagramHeader, "from">, frames: Uint8Array): void
  /** The other broker starts a stream; its address here is given. A BusError thrown here resets that stream alone. */
  started(address: number, header: FullHeader, fields: Fields): void
  /** The other broker asks for something. */
  asked(command: JsonObject): void
  /** The link is over: what is on it is told next. Once, from within the call that ended it. */
  closed(): void
}

interface Binding {
  readonly address: number
  readonly end: StreamEnd
  /** One bit per lane (1 << lane) that waits to be pulled. */
  readyLanes: number
  /** Whether it stands among those that are to be pulled from. */
  queued: boolean
}

/**
 * Streams between two brokers. STARTs and statements arrive in order, or the link ends; chunks may be lost, repeated
 * and overtaken on the way, which streams mend from end to end, so that no chunk waits for another's repetition. What a
 * reader has asked for again arrives as statements do: it asks ever more seldom.
 *
 * On an **ordered** link chunks arrive in order with everything else, as they do on a client's connection: a broker that
 * reads what the other one hosts needs no repair. Such a link carries nothing else, so that what is late on it delays
 * nothing else.
 *
 * Backpressure: none; what travels is bounded by the credit that readers grant their writers. An ordered link takes no more
 * while {@link MAX_UNDER_WAY} messages are under way.
 */
export class NodeLink implements BrokerCarrier {
  /** This broker's number of the link: higher than that of every link before. */
  readonly id: number
  /** What the other broker reads here. */
  readonly readers = new ConnectionReaders(this, Number.POSITIVE_INFINITY)
  readonly #isOrdered: boolean
  readonly #clock: Clock
  readonly #nextAlias: () => number
  readonly #events: NodeLinkEvents
  readonly #channel: ControlChannel
  /** By alias as it arrives. */
  readonly #bindings = new Map<number, Binding>()
  #ready: Binding[] = []
  readonly #requests = new NodeRequests()
  readonly #input = new NodeInput({
    bound: (alias) => this.#bindings.get(alias)?.end,
    started: (header, fields) => this.#started(header, fields),
    reset: (fields) => this.#resetByPeer(fields),
    own: (fields) => this.#takeOwn(fields),
    faulted: (alias, end, error) => this.#faulted(incoming(alias), end, error),
    // No broker of this version sends that: the link is begun anew, as after a silence.
    malformed: () => this.close(),
  })
  readonly #control = new MessageWriter()
  /** Chunks that are sent again: with control, behind the START that is still to be pulled. */
  readonly #repairs = new MessageWriter()
  readonly #data: MessageWriter
  readonly #output: NodeOutput
  #peerId = 0
  #flushPlanned = false
  #ackDue = false
  #heard = true
  #idleMs = 0
  #closed = false
  #lookTimer: Timer
  readonly #flushLater = () => {
    this.#flushPlanned = false
    this.#flush()
  }

  constructor(components: NodeLinkComponents, id: number) {
    const { clock, nextAlias, isOrdered, events } = components
    this.id = id
    this.#isOrdered = isOrdered
    this.#data = isOrdered ? this.#control : new MessageWriter()
    this.#output = new NodeOutput(this.#data, () => this.#sendData())
    this.#clock = clock
    this.#nextAlias = nextAlias
    this.#events = events
    this.#channel = new ControlChannel({
      clock,
      events: {
        transmit: (seq, frames) => this.#transmit(seq, frames),
        deliver: (frames) => this.#input.take(frames),
        dead: () => this.close(),
      },
    })
    this.#lookTimer = clock.setTimer(LOOK_MS, () => this.#look())
  }

  /** The other broker's number of the link; 0: it has not been heard of yet. */
  get peerId(): number {
    return this.#peerId
  }

  /** Streams on the link. */
  get boundCount(): number {
    return this.#bindings.size
  }

  /** A message of the other broker's link `header.link`. */
  received(header: DatagramHeader, frames: Uint8Array): void {
    if (this.#closed) return
    this.#peerId = header.link
    this.#heard = true
    this.#channel.acknowledged(header.ack)
    if (this.#ready.length > 0) this.#planFlush()
    if (header.seq > 0) {
      this.#ackDue = true
      this.#planFlush()
      this.#channel.received(header.seq, frames)
    } else if (frames.length > 0) {
      this.#input.take(frames)
    }
  }

  allocate(end: StreamEnd): number {
    const alias = this.#nextAlias()
    this.bind(alias, end)
    return alias
  }

  bind(address: number, end: StreamEnd): void {
    this.#bindings.set(incoming(address), { address, end, readyLanes: 0, queued: false })
  }

  bound(address: number): StreamEnd | undefined {
    return this.#bindings.get(incoming(address))?.end
  }

  release(address: number): void {
    this.#bindings.delete(incoming(address))
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    this.#makeWay()
    this.#control.start(header, { ...fields, alias: address })
    this.#planFlush()
  }

  control(address: number, hop: number, fields: Fields): void {
    if (this.#closed) return
    this.#makeWay()
    this.#control.control(address, hop, fields)
    this.#planFlush()
  }

  wake(address: number, lane: Lane): void {
    const binding = this.#bindings.get(incoming(address))
    if (binding === undefined) return
    binding.readyLanes |= 1 << lane
    if (!binding.queued) this.#ready.push(binding)
    binding.queued = true
    this.#planFlush()
  }

  reset(address: number, error: BusError): void {
    this.release(address)
    if (this.#closed) return
    this.#makeWay()
    const text = error.message.slice(0, MAX_TEXT_LENGTH)
    this.#control.full(FrameType.error, {}, { alias: address, code: error.code, text })
    this.#planFlush()
  }

  send(_address: number, _lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    return this.#pass(frames)
  }

  share(_lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    return this.#pass(frames)
  }

  #pass(frames: Uint8Array): boolean {
    if (this.#closed || this.#isFull) return false
    if (isRepair(frames) && !this.#isOrdered) {
      if (this.#repairs.length + frames.length > LIMITS.messageBytes) this.#flush()
      this.#repairs.append(frames)
    } else {
      this.#output.append(frames)
    }
    this.#planFlush()
    return true
  }

  onRoom(callback: () => void): void {
    this.#clock.defer(callback)
  }

  /** Asks the other broker for something. */
  ask(op: string, params: JsonObject, answer: NodeAnswer): void {
    const id = this.#requests.add(answer)
    try {
      this.control(0, 0, { command: { id, op, params } })
      if (this.#closed) this.#requests.close()
    } catch (error) {
      this.#requests.failed(id, asBusError(error))
    }
  }

  /** The link is over, with what was not sent yet. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#lookTimer.cancel()
    this.#channel.close()
    this.readers.disconnect()
    const bindings = [...this.#bindings.values()]
    this.#bindings.clear()
    // First: who asks again as it is told must not get this link.
    this.#events.closed()
    for (const { end } of bindings) end.detach()
    this.#requests.close()
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#closed) return
    this.#flushPlanned = true
    this.#clock.defer(this.#flushLater)
  }

  #flush(): void {
    if (this.#closed) return
    this.#pullReady()
    this.#sendControl()
    if (this.#repairs.length > 0) this.#channel.send(this.#repairs.take())
    this.#sendData()
    if (this.#ackDue) this.#transmit(0, NOTHING)
  }

  get #isFull(): boolean {
    return this.#isOrdered && this.#channel.waitingCount >= MAX_UNDER_WAY
  }

  /** What finds no room stays ready, until something was acknowledged. */
  #pullReady(): void {
    const ready = this.#ready
    this.#ready = []
    for (const lane of [Lane.control, Lane.error, Lane.main]) {
      for (const binding of ready) this.#pull(binding, lane)
    }
    for (const binding of ready) {
      binding.queued = binding.readyLanes !== 0 && this.#isBound(binding)
      if (binding.queued) this.#ready.push(binding)
    }
    if (this.#ready.length > 0 && !this.#isFull) this.#planFlush()
  }

  #isBound(binding: Binding): boolean {
    return this.#bindings.get(incoming(binding.address)) === binding
  }

  #pull(binding: Binding, lane: Lane): void {
    const bit = 1 << lane
    if ((binding.readyLanes & bit) === 0) return
    this.#output.turnTo(binding.address, this.#control)
    try {
      while (this.#isBound(binding) && !this.#isFull) {
        binding.readyLanes &= ~bit
        if (!binding.end.pull(lane, this.#output)) return
        binding.readyLanes |= bit
        this.#sendControl()
        this.#sendData()
      }
    } catch (error) {
      this.#faulted(binding.address, binding.end, error)
    }
  }

  #makeWay(): void {
    if (this.#control.length >= LIMITS.flushBytes) this.#sendControl()
  }

  #sendControl(): void {
    if (this.#control.length > 0) this.#channel.send(this.#control.take())
  }

  #sendData(): void {
    if (this.#isOrdered) this.#sendControl()
    else if (this.#data.length > 0) this.#transmit(0, this.#data.take())
  }

  #transmit(seq: number, frames: Uint8Array): void {
    this.#ackDue = false
    this.#events.transmit({ link: this.id, peerLink: this.#peerId, seq, ack: this.#channel.ack }, frames)
  }

  /** Asks a silent broker for a sign of life; gives up a link that nobody needs. */
  #look(): void {
    this.#lookTimer = this.#clock.setTimer(LOOK_MS, () => this.#look())
    this.#idleMs = this.#bindings.size > 0 || !this.#channel.idle ? 0 : this.#idleMs + LOOK_MS
    if (this.#idleMs >= IDLE_MS) this.close()
    else if (this.#bindings.size > 0 && !this.#heard && this.#channel.idle) this.#channel.send(NOTHING)
    this.#heard = false
  }

  /** What the other broker asks and answers itself. */
  #takeOwn({ command, reply }: Fields): void {
    if (this.#closed) return
    if (command !== undefined) this.#events.asked(command)
    if (reply !== undefined) this.#requests.replied(reply)
  }

  #started(header: FullHeader, fields: Fields): void {
    if (this.#closed) return
    const address = ((fields.alias ?? 0) | AliasBit.receiver) >>> 0
    try {
      if (!this.#requests.started(address, header, fields)) this.#events.started(address, header, fields)
    } catch (error) {
      const before = this.bound(address)
      this.reset(address, asBusError(error))
      before?.detach()
    }
  }

  #resetByPeer(fields: Fields): void {
    const { alias = 0, code = "internal", text: message = "" } = fields
    const binding = this.#bindings.get(alias)
    if (binding === undefined) return
    this.release(binding.address)
    binding.end.reset(BusError.fromJSON({ code, message }))
  }

  #faulted(address: number, end: StreamEnd, cause: unknown): void {
    const error = asBusError(cause)
    if (this.bound(address) === end) this.reset(address, error)
    end.reset(error)
  }
}

/** Whether frames are sent again, by the first of them. */
function isRepair(frames: Uint8Array): boolean {
  return ((frames[HOP_LOW_AT] ?? 0) & HopFlag.retransmit) !== 0
}

/** An alias as it stands in frames that arrive. */
function incoming(address: number): number {
  return (address ^ AliasBit.receiver) >>> 0
}
