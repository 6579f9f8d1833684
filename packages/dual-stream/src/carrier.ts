import type { BusError, DataLane, Fields, Lane, MessageReader } from "@luxbus/packet"

/** Where an end of a stream writes statements, for the length of one `pull`. The carrier has set the address. */
export interface ControlOutput {
  /** Bytes that still fit into this turn. */
  readonly room: number
  /** One statement on the control lane. */
  control(hop: number, fields: Fields): void
}

/**
 * Where an end of a stream writes its frames, for the length of one `pull`. An end stops once `room` is used up; the
 * frame that uses it up may pass it.
 */
export interface FrameOutput extends ControlOutput {
  /** One CHUNK with its number. */
  chunk(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void
  /** The END of a lane: its number is the one behind the last chunk's. */
  end(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void
  /** Ready-made compact frames that bear this address already; `cost` is the sum of their chunks' costs. */
  frames(lane: DataLane, frames: Uint8Array, cost: number): void
}

/**
 * One end of a stream on a connection: it is pulled from when the connection has room, lane by lane, so that nothing
 * is queued twice and error and control overtake; it is handed frames as they arrive.
 *
 * A `BusError` thrown by `frame`, `endRun` or `control` resets this stream alone.
 */
export interface StreamEnd {
  /**
   * Writes what is ready on `lane` into `output`: on control statements alone, since who only reads has nothing else to
   * write with.
   * @returns whether more is ready than there was room for
   */
  pull(lane: typeof Lane.control, output: ControlOutput): boolean
  /** The same of any lane. @returns whether more is ready than there was room for */
  pull(lane: Lane, output: FrameOutput): boolean
  /** One CHUNK or END of main or error. The reader stands on it; its views may be held, the reader may not. */
  frame(frame: MessageReader): void
  /** The frames of this stream and lane that followed each other in one message are over. */
  endRun(): void
  /** One statement on the control lane. */
  control(fields: Fields, hop: number): void
  /** The other side reset the stream, or this side did after a fault. Final. */
  reset(error: BusError): void
  /** The connection is gone; nothing more will come from it. The end may be attached to another. */
  detach(): void
}

/** What a START says besides its fields: the header's values that streams use. */
export interface StartHeader {
  /** What stands for the stream's name, and for the peer's: `startIds` makes them, once per stream. Default: nil. */
  readonly requestId?: Uint8Array
  readonly peerId?: Uint8Array
  readonly epoch: number
  /** `HopFlag` bits and the `Urgency` with which the carrier serves this stream among others. Default 0: normal. */
  readonly hop?: number
  readonly deadlineMs?: number
}

/**
 * One connection, seen from the streams on it. An **address** is an alias as it stands in frames that this side
 * writes: the plain alias where this side sent the START, with the receiver bit where the other side did.
 */
export interface Carrier {
  /** Allots an alias of this side's own and binds it to `end`. */
  allocate(end: StreamEnd): number
  /** Binds `end` to an address that was given elsewhere: the other side's alias, or a broker-wide one. */
  bind(address: number, end: StreamEnd): void
  /** What is bound to `address`. */
  bound(address: number): StreamEnd | undefined
  /** Frees an address; frames that still arrive for it are dropped. */
  release(address: number): void
  /** Queues a START for a bound address, before anything that its end is pulled for later. */
  start(address: number, header: StartHeader, fields: Fields): void
  /** Queues one statement of the control lane. `address` 0 is the connection itself. */
  control(address: number, hop: number, fields: Fields): void
  /** Says that the end at `address` has something to send on `lane`: it will be pulled. Cheap to repeat. */
  wake(address: number, lane: Lane): void
  /** Resets the stream at `address`: tells the other side the code and frees the address. */
  reset(address: number, error: BusError): void
}

/** A broker's connection to a client: it also passes frames on that others have made. */
export interface BrokerCarrier extends Carrier {
  /**
   * Queues ready-made compact frames of one lane, which bear their address already: that of a bound end, with which they
   * are served in turn with others.
   * @returns false when the connection's bound is reached: the frames were not taken
   */
  send(address: number, lane: DataLane, frames: Uint8Array, cost: number): boolean
  /**
   * Hands ready-made frames of one lane to the transport behind what it already holds, without a copy and without
   * joining them with others: one buffer serves every connection. The batch that a topic shares goes this way.
   * @returns false when this connection is not idle (unsent frames, no credit, an undrained transport)
   */
  share(lane: DataLane, frames: Uint8Array, cost: number): boolean
  /** Calls `callback` once, when `send` has room again after it had none. */
  onRoom(callback: () => void): void
}
