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
  Lane,
  LIMITS,
  MessageReader,
  MessageWriter,
} from "@luxbus/packet"
import { asBusError } from "../when-settled.ts"
import { ControlChannel } from "./control-channel.ts"
import type { DatagramHeader } from "./datagram.ts"
import { NodeOutput } from "./node-output.ts"

/** How often a link with streams on it is looked at: whether the other broker was heard of. */
const LOOK_MS = 2_500
/** How long a link without streams is kept: for the next stream, and for what is still under way. */
export const IDLE_MS = 60_000
/** Characters of an error's message that travel. */
const MAX_TEXT_LENGTH = 512
/** The lower byte of a compact frame's hop flags. */
const HOP_LOW_AT = 3
const NOTHING: Uint8Array = new Uint8Array(0)

export interface NodeLinkComponents {
  readonly clock: Clock
  /** Aliases of this broker on all its links, none twice. */
  readonly nextAlias: () => number
  readonly events: NodeLinkEvents
}

export interface NodeLinkEvents {
  /** Send this to the other broker. */
  transmit(header: Omit<DatagramHeader, "from">, frames: Uint8Array): void
  /** The other broker starts a stream; its address here is given. A BusError thrown here resets that stream alone. */
  started(address: number, header: FullHeader, fields: Fields): void
  /** The link is over, and everything on it detached. Once. */
  closed(): void
}

interface Binding {
  readonly address: number
  readonly end: StreamEnd
  /** One bit per lane (1 << lane) that waits to be pulled. */
  readyLanes: number
}

/**
 * Streams between two brokers. STARTs and statements arrive in order, or the link ends; chunks may be lost, repeated
 * and overtaken on the way, which streams mend from end to end, so that no chunk waits for another's repetition. What a
 * reader has asked for again arrives as statements do: it asks five times only.
 *
 * Backpressure: none. What travels is bounded by the credit that readers grant their writers.
 */
export class NodeLink implements BrokerCarrier {
  /** This broker's number of the link: higher than that of every link before. */
  readonly id: number
  readonly #clock: Clock
  readonly #nextAlias: () => number
  readonly #events: NodeLinkEvents
  readonly #channel: ControlChannel
  /** By alias as it arrives. */
  readonly #bindings = new Map<number, Binding>()
  readonly #ready: Binding[] = []
  readonly #reader = new MessageReader()
  readonly #output = new NodeOutput(() => this.#sendData())
  readonly #control = new MessageWriter()
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
    const { clock, nextAlias, events } = components
    this.id = id
    this.#clock = clock
    this.#nextAlias = nextAlias
    this.#events = events
    this.#channel = new ControlChannel({
      clock,
      events: {
        transmit: (seq, frames) => this.#transmit(seq, frames),
        deliver: (frames) => this.#take(frames),
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
    if (header.seq > 0) {
      this.#ackDue = true
      this.#planFlush()
      this.#channel.received(header.seq, frames)
    } else if (frames.length > 0) {
      this.#take(frames)
    }
  }

  allocate(end: StreamEnd): number {
    const alias = this.#nextAlias()
    this.bind(alias, end)
    return alias
  }

  bind(address: number, end: StreamEnd): void {
    this.#bindings.set(incoming(address), { address, end, readyLanes: 0 })
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
    if (binding.readyLanes === 0) this.#ready.push(binding)
    binding.readyLanes |= 1 << lane
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

  send(_lane: DataLane, frames: Uint8Array, _cost: number): boolean {
    if (this.#closed) return false
    if (isRepair(frames)) {
      if (this.#control.length + frames.length > LIMITS.messageBytes) this.#sendControl()
      this.#control.append(frames)
    } else {
      this.#output.append(frames)
    }
    this.#planFlush()
    return true
  }

  share(lane: DataLane, frames: Uint8Array, cost: number): boolean {
    return this.send(lane, frames, cost)
  }

  onRoom(callback: () => void): void {
    this.#clock.defer(callback)
  }

  /** The link is over: the other broker is not told. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#lookTimer.cancel()
    this.#channel.close()
    const bindings = [...this.#bindings.values()]
    this.#bindings.clear()
    for (const { end } of bindings) end.detach()
    this.#events.closed()
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#closed) return
    this.#flushPlanned = true
    this.#clock.defer(this.#flushLater)
  }

  #flush(): void {
    if (this.#closed) return
    const ready = this.#ready.splice(0)
    for (const lane of [Lane.control, Lane.error, Lane.main]) {
      for (const binding of ready) this.#pull(binding, lane)
    }
    for (const binding of ready) binding.readyLanes = 0
    this.#sendControl()
    this.#sendData()
    if (this.#ackDue) this.#transmit(0, NOTHING)
  }

  #pull(binding: Binding, lane: Lane): void {
    if ((binding.readyLanes & (1 << lane)) === 0) return
    this.#output.turnTo(binding.address, this.#control)
    try {
      for (;;) {
        if (this.#bindings.get(incoming(binding.address)) !== binding) return
        if (!binding.end.pull(lane, this.#output)) return
        this.#sendControl()
        this.#sendData()
      }
    } catch (error) {
      this.#faulted(binding, error)
    }
  }

  #makeWay(): void {
    if (this.#control.length >= LIMITS.flushBytes) this.#sendControl()
  }

  #sendControl(): void {
    if (this.#control.length > 0) this.#channel.send(this.#control.take())
  }

  #sendData(): void {
    if (this.#output.length > 0) this.#transmit(0, this.#output.take())
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

  /** Cuts a message into frames, in place, and hands each to the end that is bound to its alias. */
  #take(message: Uint8Array): void {
    const reader = this.#reader
    let run: Binding | undefined
    let runLane: Lane = Lane.control
    reader.load(message)
    try {
      while (!this.#closed && reader.next()) {
        const isData = reader.compact && reader.lane !== Lane.control
        const binding = isData ? this.#bindings.get(reader.alias) : undefined
        if (run !== undefined && (run !== binding || reader.lane !== runLane)) this.#endRun(run)
        run = binding
        runLane = reader.lane
        if (binding !== undefined) {
          if (!this.#attempt(binding, () => binding.end.frame(reader))) run = undefined
        } else if (!isData) {
          this.#takeStatement(reader)
        }
      }
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      // No broker of this version sends that: it is begun anew, as after a silence.
      this.close()
    }
    if (run !== undefined) this.#endRun(run)
  }

  #endRun(binding: Binding): void {
    if (this.#bindings.get(incoming(binding.address)) === binding) this.#attempt(binding, () => binding.end.endRun())
  }

  #takeStatement(reader: MessageReader): void {
    if (reader.compact) {
      const binding = this.#bindings.get(reader.alias)
      if (binding !== undefined) this.#attempt(binding, () => binding.end.control(reader.fields(), reader.hop))
    } else if (reader.type === FrameType.start) {
      this.#started(reader.full(), reader.fields())
    } else if (reader.type === FrameType.error) {
      this.#resetByPeer(reader.fields())
    }
  }

  #started(header: FullHeader, fields: Fields): void {
    const address = ((fields.alias ?? 0) | AliasBit.receiver) >>> 0
    try {
      this.#events.started(address, header, fields)
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

  /** @returns whether the end did not throw; a fault of one stream resets that stream alone */
  #attempt(binding: Binding, act: () => void): boolean {
    try {
      act()
      return true
    } catch (error) {
      this.#faulted(binding, error)
      return false
    }
  }

  #faulted(binding: Binding, cause: unknown): void {
    const error = asBusError(cause)
    if (this.bound(binding.address) === binding.end) this.reset(binding.address, error)
    binding.end.reset(error)
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
