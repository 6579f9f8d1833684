import type { Carrier } from "@luxbus/dual-stream"
import type { BusError, Fields, FullHeader } from "@luxbus/packet"
import type { CreateDataLanes } from "./outbound.ts"

/**
 * Something that goes over a client's session, beside the attachments and commands that every session has. It belongs
 * to the session and outlives its connections: on each new one it goes on from where it stands. A session is given the
 * parts that its application uses, when it first uses them, so that a page loads no others.
 */
export interface SessionPart {
  /** Where it writes streams: what a connection then needs beyond control. */
  readonly createDataLanes?: CreateDataLanes
  /** What is under way: what a leak test counts back to zero. */
  readonly activeCount: number
  /** There is a connection, the first or another: everything states where it stands, and goes on. */
  attach(carrier: Carrier): void
  /** The connection is gone; its ends of streams have been detached already. */
  detached(): void
  /** The session is over: everything fails with `error`. */
  close(error: BusError): void
  /**
   * A peer starts a stream.
   * @returns whether this part takes it; where none does, the peer is told to wait, or that its reader is gone
   * @throws BusError that resets this stream alone
   */
  started?(carrier: Carrier, address: number, header: FullHeader, fields: Fields): boolean
  /** What the broker says on the connection itself: WELCOME, behind `attach`, and whatever follows it. */
  control?(fields: Fields): void
}
