import {
  BusError,
  chunkCost,
  type DataLane,
  type Fields,
  FrameType,
  type FullHeader,
  Lane,
  MessageReader,
} from "@luxbus/packet"
import type { Binding, BindingTable } from "./binding-table.ts"
import type { ConnectionCredit } from "./connection-credit.ts"

export interface InboundComponents {
  readonly bindings: BindingTable
  readonly credit: ConnectionCredit
  readonly events: InboundEvents
}

/** A BusError that one of these throws ends the connection. */
export interface InboundEvents {
  started(header: FullHeader, fields: Fields): void
  /** Control of the connection itself. */
  control(fields: Fields): void
  /** An ERROR frame. */
  error(fields: Fields): void
  /** An end threw: its stream is to be reset. */
  faulted(binding: Binding, error: unknown): void
}

/**
 * Cuts messages into frames, in place, and hands each to the end that is bound to its alias. Per frame of main and
 * error it allocates nothing: the ends read the header where it lies.
 */
export class Inbound {
  readonly #bindings: BindingTable
  readonly #credit: ConnectionCredit
  readonly #events: InboundEvents
  readonly #reader = new MessageReader()
  #closed = false

  constructor(components: InboundComponents) {
    this.#bindings = components.bindings
    this.#credit = components.credit
    this.#events = components.events
  }

  /**
   * Hands out the frames of one message; an end hears when a run of frames for it is over. Frames for an alias that
   * nobody has any more are dropped.
   * @returns how many there were
   * @throws BusError that ends the connection: `protocol` for a framing fault, `flow_control` for an overrun
   */
  take(message: Uint8Array): number {
    const reader = this.#reader
    reader.load(message)
    let run: Binding | undefined
    let runAlias = 0
    let runLane: Lane = Lane.control
    let count = 0
    try {
      while (!this.#closed && this.#next(reader)) {
        count++
        if (!reader.compact || reader.lane === Lane.control) {
          if (run !== undefined) this.#endRun(run)
          run = undefined
          this.#takeOther(reader)
          continue
        }
        this.#count(reader)
        if (run === undefined || run.released || reader.alias !== runAlias || reader.lane !== runLane) {
          if (run !== undefined) this.#endRun(run)
          runAlias = reader.alias
          runLane = reader.lane
          run = this.#bindings.incoming(runAlias)
          if (run === undefined) continue
        }
        if (!this.#frame(run, reader)) run = undefined
      }
    } finally {
      // What came before a fault was in order.
      if (run !== undefined && !this.#closed) this.#endRun(run)
    }
    return count
  }

  /** Takes no more, not even of the message at hand. */
  close(): void {
    this.#closed = true
  }

  /** Goes on to the next frame that this side reads: of one that it does not (`unsupported`), the stream is reset. */
  #next(reader: MessageReader): boolean {
    for (;;) {
      try {
        return reader.next()
      } catch (error) {
        if (!isUnsupported(error) || !reader.compact || reader.lane === Lane.control) throw error
        this.#count(reader)
        const binding = this.#bindings.incoming(reader.alias)
        if (binding !== undefined) this.#events.faulted(binding, error)
        if (this.#closed) return false
      }
    }
  }

  #count(reader: MessageReader): void {
    if (this.#credit.received(reader.lane as DataLane, chunkCost(reader.dataBytes))) return
    throw new BusError("flow_control", "more was sent than this connection granted")
  }

  /** @returns whether the run goes on */
  #frame(run: Binding, reader: MessageReader): boolean {
    try {
      run.end.frame(reader)
      return true
    } catch (error) {
      this.#events.faulted(run, error)
      return false
    }
  }

  #endRun(run: Binding): void {
    if (run.released) return
    try {
      run.end.endRun()
    } catch (error) {
      this.#events.faulted(run, error)
    }
  }

  #takeOther(reader: MessageReader): void {
    if (reader.compact && reader.alias !== 0) this.#streamControl(reader)
    else if (reader.compact) this.#events.control(reader.fields())
    else if (reader.type === FrameType.start) this.#events.started(reader.full(), reader.fields())
    else if (reader.type === FrameType.error) this.#events.error(reader.fields())
    else throw new BusError("protocol", "a full frame that has no place in a session")
  }

  #streamControl(reader: MessageReader): void {
    const binding = this.#bindings.incoming(reader.alias)
    if (binding === undefined) return
    let fields: Fields
    try {
      fields = reader.fields()
    } catch (error) {
      if (!isUnsupported(error)) throw error
      this.#events.faulted(binding, error)
      return
    }
    try {
      binding.end.control(fields, reader.hop)
    } catch (error) {
      this.#events.faulted(binding, error)
    }
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof BusError && error.code === "unsupported"
}
