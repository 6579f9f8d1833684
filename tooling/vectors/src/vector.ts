import type { ErrorCode, FramingFault, Packet } from "@luxbus/packet"

/** Who sends a message. */
export type Side = "client" | "broker"

/** What a message is: its bytes in lower-case hexadecimal digits. */
export interface Bytes {
  readonly hex: string
  /** What follows the digits: `hex`, so many times. For messages that would fill a page. */
  readonly filling?: { readonly hex: string; readonly times: number }
}

/** One message of a connection, in both forms. */
export interface VectorMessage extends Bytes {
  readonly by: Side
  /** The packets in their normal form. */
  readonly packets: readonly Packet[]
}

/** End-to-end flags that a connection has negotiated. */
export type AcceptedFlag = "compressed" | "encrypted"

/** A connection on which every message is valid: each decodes to its packets, and they encode to it. */
export interface ValidVector {
  readonly name: string
  /** What was negotiated; absent: nothing. */
  readonly accepts?: readonly AcceptedFlag[]
  readonly messages: readonly VectorMessage[]
}

/** A message that is refused. */
export interface InvalidVector extends Bytes {
  readonly name: string
  readonly accepts?: readonly AcceptedFlag[]
  readonly code: ErrorCode
  /** Of code `protocol`. */
  readonly fault?: FramingFault
  /** Where the frame with the fault begins in the message. */
  readonly offset: number
}

/** What happens on several connections, in order. A connection's state begins with its first message. */
export interface Exchange {
  readonly name: string
  readonly about: string
  readonly messages: readonly ExchangeMessage[]
}

/** A message of an exchange. */
export interface ExchangeMessage extends VectorMessage {
  /** Name of the connection. */
  readonly on: string
}

/** JSON that is not in its normal form, and the bytes that it stands for. */
export interface PacketVector {
  readonly name: string
  /** What was said before on the connection. */
  readonly before?: readonly VectorMessage[]
  readonly by: Side
  /** The message as JSON text. */
  readonly text: string
  readonly hex: string
  /** The same packets in their normal form. */
  readonly packets: readonly Packet[]
}

/** JSON that is refused. */
export interface InvalidPacketVector {
  readonly name: string
  readonly text: string
  readonly code: ErrorCode
  /** The field that is wrong, where one is. */
  readonly field?: string
}
