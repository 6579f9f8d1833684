import type { Clock } from "@luxbus/clock"
import type { StartHeader } from "@luxbus/dual-stream"
import { type BusError, ControlWriter, type Fields, Lane, LIMITS } from "@luxbus/packet"
import { type Connection, HIGH_WATER } from "@luxbus/transport"
import type { ConnectionCredit } from "./connection-credit.ts"
import { ControlBatch } from "./control-batch.ts"
import type { DataLanes, DataLanesComponents } from "./data-lanes.ts"
import { DrainWatch } from "./drain-watch.ts"
import { Fifo } from "./fifo.ts"
import type { Source } from "./source.ts"

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

/** Makes what a connection writes streams with. */
export type CreateDataLanes = (components: DataLanesComponents) => DataLanes

/**
 * What goes out on one connection: pulled from sources at the end of the turn, control before error before main, into
 * messages of about 64 KiB, while the transport has less than that undrained. It begins with control alone.
 */
export class Outbound {
  protected readonly clock: Clock
  protected readonly connection: Connection
  protected readonly credit: ConnectionCredit
  protected readonly events: OutboundEvents
  readonly #control = new Fifo<Source>()
  readonly #drainWatch: DrainWatch
  /** Messages of direct control that the transport was too full for; they go before all else. */
  readonly #waitingControl = new Fifo<Uint8Array>()
  #batch = new ControlBatch(new ControlWriter())
  #data: DataLanes | undefined
  #flushPlanned = false
  #flushing = false
  #closed = false
  readonly #flushLater = () => {
    this.#flushPlanned = false
    this.#flush()
  }

  constructor(components: OutboundComponents) {
    const { clock, connection, credit, events } = components
    this.clock = clock
    this.connection = connection
    this.credit = credit
    this.events = events
    this.#drainWatch = new DrainWatch({ clock, connection, stuck: (error) => events.stuck(error) })
  }

  /** Streams are written on this connection too, from now on. @returns what they are written with */
  writeStreams(createDataLanes: CreateDataLanes): DataLanes {
    if (this.#data !== undefined) return this.#data
    const { clock, credit, events } = this
    this.#data = createDataLanes({ clock, credit, faulted: (source, error) => events.faulted(source, error) })
    // What was said so far goes first.
    if (this.#batch.length > 0) this.#dispatch(this.#batch.take())
    this.#batch = this.#data.batch
    return this.#data
  }

  /** A START; only where streams are written. */
  start(source: Source, header: StartHeader, fields: Fields): void {
    this.makeWay()
    this.#data?.start(source, header, fields)
    this.planFlush()
  }

  control(address: number, hop: number, fields: Fields): void {
    this.makeWay()
    this.#batch.writer.control(address, hop, fields)
    this.planFlush()
  }

  wake(source: Source, lane: Lane): void {
    if (lane !== Lane.control) {
      if (!this.#flushPlanned) this.#data?.tick()
      if (this.#data?.wake(source, lane)) this.planFlush()
    } else if (!source.controlReady && !source.released) {
      source.controlReady = true
      this.#control.push(source)
      this.planFlush()
    }
  }

  /** Flushes at the end of the turn, so that what it brings shares messages. */
  planFlush(): void {
    if (this.#flushPlanned || this.#closed) return
    this.#flushPlanned = true
    this.clock.defer(this.#flushLater)
  }

  /** Builds and sends messages until nothing is ready, credit is used up or the transport is full. */
  flush(): void {
    this.#data?.tick()
    this.#flush()
  }

  /** The transport passed things on. */
  drained(): void {
    this.#drainWatch.end()
    this.flush()
  }

  /** Sends direct control, however full the transport is. Of what waits at the sources nothing is pulled. */
  sendControl(): void {
    for (let message = this.#takeWaiting(); message !== undefined; message = this.#takeWaiting()) {
      this.connection.send(message)
    }
    if (this.#batch.length > 0) this.connection.send(this.#batch.take())
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true
    this.#drainWatch.end()
    this.#control.clear()
    this.#data?.clear()
    this.#waitingControl.clear()
    this.#batch.take()
  }

  protected get closed(): boolean {
    return this.#closed
  }

  protected get flushing(): boolean {
    return this.#flushing
  }

  /** Whether nothing waits to be sent. */
  protected get idle(): boolean {
    return (
      this.#batch.length === 0 &&
      this.#waitingControl.length === 0 &&
      this.#control.length === 0 &&
      this.#data?.idle !== false
    )
  }

  #flush(): void {
    if (this.#flushing || this.#closed) return
    this.#flushing = true
    try {
      while (!this.#closed && this.connection.undrainedBytes < HIGH_WATER && this.#sendNext());
    } finally {
      this.#flushing = false
    }
    if (this.#closed) return
    if (this.connection.undrainedBytes >= HIGH_WATER) this.#drainWatch.begin()
    this.flushed()
  }

  /** @returns whether there was anything to send */
  #sendNext(): boolean {
    const waiting = this.#takeWaiting()
    if (waiting !== undefined) {
      this.connection.send(waiting)
      return true
    }
    this.#pullControl()
    this.#data?.fill()
    if (this.#closed || this.#batch.length === 0) return false
    this.connection.send(this.#batch.take())
    return true
  }

  #pullControl(): void {
    const batch = this.#batch
    batch.turnTo(0)
    // Each once: data must not go before what another has to say first, and one that has more has its turn again.
    for (let count = this.#control.length; count > 0 && batch.room > 0; count--) {
      const source = this.#control.shift()
      if (source === undefined) return
      if (source.released) continue
      source.controlReady = false
      batch.turnTo(source.address)
      if (this.#pullFrom(source)) this.wake(source, Lane.control)
    }
  }

  #pullFrom(source: Source): boolean {
    try {
      return source.end.pull(Lane.control, this.#batch)
    } catch (error) {
      this.events.faulted(source, error)
      return false
    }
  }

  /** A turn is over, and what could be sent was. */
  protected flushed(): void {}

  /** Direct control is written at once: it closes the message that it would make too large. */
  protected makeWay(): void {
    if (this.#batch.length >= LIMITS.flushBytes && !this.#closed) this.#dispatch(this.#batch.take())
  }

  /** So much more control waits behind a full transport, or less. A client bounds its own by what it has. */
  protected controlWaits(_bytes: number): void {}

  #dispatch(message: Uint8Array): void {
    if (this.#waitingControl.length === 0 && this.connection.undrainedBytes < HIGH_WATER) {
      this.connection.send(message)
      return
    }
    this.#waitingControl.push(message)
    this.controlWaits(message.length)
  }

  #takeWaiting(): Uint8Array | undefined {
    const message = this.#waitingControl.shift()
    if (message !== undefined) this.controlWaits(-message.length)
    return message
  }
}
