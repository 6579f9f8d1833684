import type { JsonObject } from "./json.ts"
import type { ConnectionFields, ControlFields, Packet, StartFields } from "./packet.ts"
import type { RangeList } from "./ranges.ts"
import { rangesToJson } from "./ranges.ts"

/** Where a packet goes and when it was made: what every constructor takes. */
export interface Envelope {
  readonly uid: string
  readonly from: string
  /** Default: whoever subscribes to `uid`. */
  readonly to?: string
  /** Unix seconds with a fraction. */
  readonly timestamp: number
}

/** What a chunk takes beside its envelope. */
export interface ChunkContent extends Pick<Packet, "data" | "encoding" | "codec" | "lane" | "more" | "of" | "flags"> {
  /** Number on its lane. */
  readonly chunk: number
}

/** Asks one recipient; `to` defaults to the dispatcher. */
export function commandPacket(envelope: Envelope, content: Pick<Packet, "data" | "encoding">): Packet {
  return { to: "dispatcher", ...envelope, type: "command", ...content }
}

/** Is published once to whoever subscribes to `uid`. */
export function eventPacket(envelope: Envelope, content: Pick<Packet, "data" | "encoding" | "chunk">): Packet {
  return { ...envelope, type: "event", ...content }
}

/** Opens a stream. */
export function startPacket(envelope: Envelope, fields: StartFields & { readonly epoch?: number }): Packet {
  return { ...envelope, type: "stream", frame: "start", ...fields }
}

/** One chunk of a stream. */
export function chunkPacket(envelope: Envelope, content: ChunkContent): Packet {
  return { ...envelope, type: "stream", is_final: false, ...content }
}

/** The last chunk of a lane; its data may be absent. */
export function endPacket(envelope: Envelope, content: ChunkContent & Pick<Packet, "total" | "sha256">): Packet {
  return { ...envelope, type: "stream", is_final: true, of: content.chunk + 1, ...content }
}

/** Says what has arrived: all below `cum`, and `ack`. */
export function ackPacket(
  envelope: Envelope,
  statement: { readonly cum?: number; readonly ack: RangeList; readonly credit?: number } & Pick<Packet, "lane">,
): Packet {
  return { ...envelope, type: "stream", status: "ack", ...statement, ack: rangesToJson(statement.ack) }
}

/** Asks for chunks again. */
export function missingPacket(
  envelope: Envelope,
  statement: { readonly missing: RangeList } & Pick<Packet, "lane">,
): Packet {
  return { ...envelope, type: "stream", status: "missing", ...statement, missing: rangesToJson(statement.missing) }
}

/** Says that the reading application has taken all of the stream, and that the hash agreed. */
export function completePacket(envelope: Envelope): Packet {
  return { ...envelope, type: "stream", status: "complete" }
}

/** Says that chunks are gone for good, and where to go on. */
export function gapPacket(
  envelope: Envelope,
  statement: { readonly gap: RangeList } & Pick<Packet, "lane" | "first" | "message" | "at" | "reason">,
): Packet {
  return { ...envelope, type: "stream", status: "gap", ...statement, gap: rangesToJson(statement.gap) }
}

/** Any other statement about a stream: its outcome, credit, cancel, and so on. */
export function controlPacket(envelope: Envelope, fields: ControlFields & Pick<Packet, "lane" | "epoch">): Packet {
  return { ...envelope, type: "stream", ...fields }
}

/** A session message: HELLO, WELCOME, PING, and so on. */
export function connectionPacket(fields: ConnectionFields & Pick<Packet, "lane" | "credit">): Packet {
  return { uid: "", type: "command", ...fields }
}

/** A broker's error about a stream. */
export function errorPacket(
  envelope: Pick<Packet, "uid" | "timestamp">,
  error: { readonly code: string; readonly message: string; readonly details?: JsonObject },
): Packet {
  const { code, message, details } = error
  return { ...envelope, type: "stream", frame: "error", code, text: message, ...(details && { details }) }
}
