import type { Clock } from "@luxbus/clock"
import type { StartHeader } from "@luxbus/dual-stream"
import { BusError, type DataLane, type Fields, idOfName, Lane, LIMITS, NIL_ID } from "@luxbus/packet"
import { type Connection, HIGH_WATER } from "@luxbus/transport"
import { Batch } from "./batch.ts"
import type { ConnectionCredit } from "./connection-credit.ts"
import { DrainWatch } from "./drain-watch.ts"
import { Fifo } from "./fifo.ts"
import { PassingFrames } from "./passing-frames.ts"
import { Scheduler, type Source } from "./scheduler.ts"
import { Trickle } from "./trickle.ts"

export interface OutboundComponents {
  readonly clock: Clock
  readonly connection: Connection
  readonly credit: ConnectionCredit
  readonly events: OutboundEvents
}

export interface OutboundEvents {
  /** The other side takes nothing: the connection must end. */
  stuck(error: BusError): void
  /** A source threw as it was pulled from. */
  faulted(source: Source, error: unknown): void
}

export interface OutboundOptions {
  /** Control that may wait behind a full transport. */
  readonly maxWaitingControlBytes: number
}

/**
 * What goes out on one connection: pulled from sources at the end of the turn, control before error before main, into
 * messages of about 64 KiB, while the transport has less than that undrained.
 */
export class Outbound {
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #credit: ConnectionCredit
  readonly #events: OutboundEvents
  readonly #maxWaitingControlBytes: number
  readonly #batch: Batch
  readonly #scheduler = new Scheduler()
  readonly #drainWatch: DrainWatch
  readonly #passing = new PassingFrames()
  readonly #passingSource: Source = { address: 0, end: this.#passing, readyLanes: 0, released: false }
  readonly #trickle = new Trickle()
  readonly #trickleSource: Source = { address: 0, end: this.#trickle, readyLanes: 0, released: false }
  /** Messages of direct control that the transport was too full for; they go before all else. */
  readonly #waitingControl = new Fifo<Uint8Array>()
  #waitingControlBytes = 0
  #awaitingRoom: (() => void)[] = []
  #flushPlanned = false
  #flushing = false
  #closed = false
  readonly #flushLater = () => {
    this.#flushPlanned = false
    this.flush()
  }

  constructor(components: OutboundComponents, options: OutboundOptions) {
    const { clock, connection, credit, events } = components
    this.#clock = clock
    this.#connection = connection
    this.#credit = credit
    this.#events = events
    this.#maxWaitingControlBytes = options.maxWaitingControlBytes
    this.#batch = new Batch(credit)
    this.#drainWatch = new DrainWatch({ clock, connection, stuck: (error) => events.stuck(error) })
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    const { name, to } = fields
    const { epoch, hop = 0, deadlineMs = 0 } = header
    const requestId = name === undefined ? NIL_ID : idOfName(name)
    const peerId = to === undefined ? NIL_ID : idOfName(to)
    this.#makeWay()
    this.#batch.writer.start({ requestId, peerId, epoch, hop, deadlineMs }, { ...fields, alias: address })
    this.planFlush()
  }

  control(address: number, hop: number, fields: Fields): void {
    this.#makeWay()
    this.#batch.writer.control(address, hop, fields)
    this.planFlush()
  }

  error(fields: Fields): void {
    this.#makeWay()
    this.#batch.writer.error({}, fields)
    this.planFlush()
  }

  trickle(statements: readonly Fields[]): void {
    if (this.#trickle.add(statements)) this.wake(this.#trickleSource, Lane.control)
    else this.#endSoon()
  }

  wake(source: Source, lane: Lane): void {
    if (this.#scheduler.wake(source, lane)) this.planFlush()
  }

  send(lane: DataLane, frames: Uint8Array, cost: number): boolean {
    if (this.#closed || !this.#passing.add(lane, frames, cost)) return false
    this.wake(this.#passingSource, lane)
    return true
  }

  share(lane: DataLane, frames: Uint8Array, cost: number): boolean {
    if (this.#closed || this.#flushing || frames.length > LIMITS.messageBytes) return false
    if (!this.#idle) this.flush()
    if (!this.#idle || this.#connection.undrainedBytes >= HIGH_WATER || this.#credit.left(lane) < cost) return false
    this.#credit.sent(lane, cost)
    this.#connection.send(frames)
    return true
  }

  onRoom(callback: () => void): void {
    if (this.#closed) return
    this.#awaitingRoom.push(callback)
    this.planFlush()
  }

  /** Flushes at the end of the turn, so that what it brings shares messages. */
  planFlush(): void {
    if (this.#flushPlanned || this.#closed) return
    this.#flushPlanned = true
    this.#clock.defer(this.#flushLater)
  }

  /** Builds and sends messages until nothing is ready, credit is used up or the transport is full. */
  flush(): void {
    if (this.#flushing || this.#closed) return
    this.#flushing = true
    try {
      while (!this.#closed && this.#connection.undrainedBytes < HIGH_WATER && this.#sendNext());
    } finally {
      this.#flushing = false
    }
    if (this.#closed) return
    if (this.#connection.undrainedBytes >= HIGH_WATER) this.#drainWatch.begin()
    this.#passing.keep()
    this.#tellRoom()
  }

  /** The transport passed things on. */
  drained(): void {
    this.#drainWatch.end()
    this.flush()
  }

  /** Sends direct control, however full the transport is. Of what waits at the sources nothing is pulled. */
  sendControl(): void {
    for (let message = this.#takeWaiting(); message !== undefined; message = this.#takeWaiting()) {
      this.#connection.send(message)
    }
    if (this.#batch.length > 0) this.#connection.send(this.#batch.take())
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true
    this.#drainWatch.end()
    this.#scheduler.clear()
    this.#passing.clear()
    this.#trickle.clear()
    this.#waitingControl.clear()
    this.#waitingControlBytes = 0
    this.#awaitingRoom = []
    this.#batch.take()
  }

  get #idle(): boolean {
    return this.#batch.length === 0 && this.#waitingControl.length === 0 && this.#scheduler.idle
  }

  /** @returns whether there was anything to send */
  #sendNext(): boolean {
    const waiting = this.#takeWaiting()
    if (waiting !== undefined) {
      this.#connection.send(waiting)
      return true
    }
    this.#pull(Lane.control)
    this.#pull(Lane.error)
    this.#pull(Lane.main)
    if (this.#closed || this.#batch.length === 0) return false
    this.#connection.send(this.#batch.take())
    return true
  }

  #pull(lane: Lane): void {
    const batch = this.#batch
    batch.turnTo(0, lane)
    while (batch.room > 0) {
      const source = this.#scheduler.next(lane)
      if (source === undefined) return
      batch.turnTo(source.address, lane)
      if (!this.#pullFrom(source, lane)) continue
      this.#scheduler.wake(source, lane)
      return
    }
  }

  #pullFrom(source: Source, lane: Lane): boolean {
    try {
      return source.end.pull(lane, this.#batch)
    } catch (error) {
      this.#events.faulted(source, error)
      return false
    }
  }

  /** Direct control is written at once: it closes the message that it would make too large. */
  #makeWay(): void {
    if (this.#batch.length < LIMITS.flushBytes || this.#closed) return
    const message = this.#batch.take()
    if (this.#waitingControl.length === 0 && this.#connection.undrainedBytes < HIGH_WATER) {
      this.#connection.send(message)
      return
    }
    this.#waitingControl.push(message)
    const waitedBytes = this.#waitingControlBytes
    this.#waitingControlBytes += message.length
    if (this.#waitingControlBytes <= this.#maxWaitingControlBytes || waitedBytes > this.#maxWaitingControlBytes) return
    this.#endSoon()
  }

  /** Later, as whoever writes control does not expect its connection to end meanwhile. */
  #endSoon(): void {
    this.#clock.defer(() => {
      if (!this.#closed) this.#events.stuck(new BusError("connection_lost", "The other side reads too little control."))
    })
  }

  #takeWaiting(): Uint8Array | undefined {
    const message = this.#waitingControl.shift()
    if (message !== undefined) this.#waitingControlBytes -= message.length
    return message
  }

  #tellRoom(): void {
    if (this.#awaitingRoom.length === 0 || !this.#passing.roomy) return
    const callbacks = this.#awaitingRoom
    this.#awaitingRoom = []
    for (const callback of callbacks) callback()
  }
}
