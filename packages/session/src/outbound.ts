import type { Clock } from "@luxbus/clock"
import type { StartHeader } from "@luxbus/dual-stream"
import { type BusError, type Fields, Lane, LIMITS } from "@luxbus/packet"
import { type Connection, HIGH_WATER } from "@luxbus/transport"
import { Batch } from "./batch.ts"
import type { ConnectionCredit } from "./connection-credit.ts"
import { DrainWatch } from "./drain-watch.ts"
import { Fifo } from "./fifo.ts"
import { Scheduler, type Source } from "./scheduler.ts"

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

/**
 * What goes out on one connection: pulled from sources at the end of the turn, control before error before main, into
 * messages of about 64 KiB, while the transport has less than that undrained.
 */
export class Outbound {
  protected readonly clock: Clock
  protected readonly connection: Connection
  protected readonly credit: ConnectionCredit
  protected readonly events: OutboundEvents
  protected readonly batch: Batch
  readonly #scheduler = new Scheduler()
  readonly #drainWatch: DrainWatch
  /** Messages of direct control that the transport was too full for; they go before all else. */
  readonly #waitingControl = new Fifo<Uint8Array>()
  #flushPlanned = false
  #flushing = false
  #closed = false
  readonly #flushLater = () => {
    this.#flushPlanned = false
    this.flush()
  }

  constructor(components: OutboundComponents) {
    const { clock, connection, credit, events } = components
    this.clock = clock
    this.connection = connection
    this.credit = credit
    this.events = events
    this.batch = new Batch(credit)
    this.#drainWatch = new DrainWatch({ clock, connection, stuck: (error) => events.stuck(error) })
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    this.makeWay()
    this.batch.writer.start(header, { ...fields, alias: address })
    this.planFlush()
  }

  control(address: number, hop: number, fields: Fields): void {
    this.makeWay()
    this.batch.writer.control(address, hop, fields)
    this.planFlush()
  }

  wake(source: Source, lane: Lane): void {
    if (this.#scheduler.wake(source, lane)) this.planFlush()
  }

  /** Flushes at the end of the turn, so that what it brings shares messages. */
  planFlush(): void {
    if (this.#flushPlanned || this.#closed) return
    this.#flushPlanned = true
    this.clock.defer(this.#flushLater)
  }

  /** Builds and sends messages until nothing is ready, credit is used up or the transport is full. */
  flush(): void {
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
    if (this.batch.length > 0) this.connection.send(this.batch.take())
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true
    this.#drainWatch.end()
    this.#scheduler.clear()
    this.#waitingControl.clear()
    this.batch.take()
  }

  protected get closed(): boolean {
    return this.#closed
  }

  protected get flushing(): boolean {
    return this.#flushing
  }

  /** Whether nothing waits to be sent. */
  protected get idle(): boolean {
    return this.batch.length === 0 && this.#waitingControl.length === 0 && this.#scheduler.idle
  }

  /** @returns whether there was anything to send */
  #sendNext(): boolean {
    const waiting = this.#takeWaiting()
    if (waiting !== undefined) {
      this.connection.send(waiting)
      return true
    }
    this.#pull(Lane.control)
    this.#pull(Lane.error)
    this.#pull(Lane.main)
    if (this.#closed || this.batch.length === 0) return false
    this.connection.send(this.batch.take())
    return true
  }

  #pull(lane: Lane): void {
    const batch = this.batch
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
      return source.end.pull(lane, this.batch)
    } catch (error) {
      this.events.faulted(source, error)
      return false
    }
  }

  /** A turn is over, and what could be sent was. */
  protected flushed(): void {}

  /** Direct control is written at once: it closes the message that it would make too large. */
  protected makeWay(): void {
    if (this.batch.length < LIMITS.flushBytes || this.#closed) return
    const message = this.batch.take()
    if (this.#waitingControl.length === 0 && this.connection.undrainedBytes < HIGH_WATER) {
      this.connection.send(message)
      return
    }
    this.#waitingControl.push(message)
    this.controlWaits(message.length)
  }

  /** So much more control waits behind a full transport, or less. A client bounds its own by what it has. */
  protected controlWaits(_bytes: number): void {}

  #takeWaiting(): Uint8Array | undefined {
    const message = this.#waitingControl.shift()
    if (message !== undefined) this.controlWaits(-message.length)
    return message
  }
}
