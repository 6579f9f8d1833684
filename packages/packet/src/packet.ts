import type { JsonObject, JsonValue } from "./json.ts"
import type { JsonRanges } from "./ranges.ts"

/** What a packet is: asks one recipient and is answered; is published once; is chunked. */
export type PacketType = "command" | "event" | "stream"

/** What a statement about a stream says first. */
export type PacketStatus = "ack" | "missing" | "complete" | "gap"

/** How `data` is written: the text itself, JSON as its exact text, or base64 of the bytes. */
export type PacketEncoding = "utf8" | "json" | "base64"

/** Names of flags in JSON; MORE is `more`. */
export type PacketFlag =
  | "registration"
  | "anycast"
  | "retransmit"
  | "ack_now"
  | "idempotent"
  | "durable"
  | "compressed"
  | "encrypted"

/** LuxCoreBus's packet: all of its fields. */
export interface SeedPacket {
  /** Stream, subject or pattern, by name; empty: the connection itself. */
  readonly uid: string
  readonly type: PacketType
  /** Sender. The broker checks or overwrites it. */
  readonly from?: string | undefined
  /** A client id; `"dispatcher"`: the broker's own operations; null or absent: whoever subscribes to `uid`. */
  readonly to?: string | null | undefined
  /** The chunk's number on its lane. */
  readonly chunk?: number | undefined
  /** Chunks of the lane, END counted. */
  readonly of?: number | undefined
  /** Whether the chunk is the lane's END. Absent: no. */
  readonly is_final?: boolean | undefined
  /** With `encoding` a string that stands for the exact bytes; without, the bytes are `JSON.stringify(data)`. */
  readonly data?: JsonValue | undefined
  /** Unix seconds with a fraction. */
  readonly timestamp?: number | undefined
  readonly status?: PacketStatus | undefined
  /** Numbers that have arrived. */
  readonly ack?: JsonRanges | undefined
  /** Numbers that are asked for again. */
  readonly missing?: JsonRanges | undefined
}

/** What a chunk says beside the seed's fields. */
export interface ChunkFields {
  /** Of a chunk: absent means main. Of a statement: the lane that it is about. */
  readonly lane?: "main" | "error" | undefined
  /** Whether the chunk's message goes on in the next. Absent: no. */
  readonly more?: boolean | undefined
  readonly encoding?: PacketEncoding | undefined
  /** What the bytes are, where `encoding` does not say it. */
  readonly codec?: "bytes" | "utf8" | "json" | "named" | undefined
  readonly content_type?: string | undefined
  readonly flags?: readonly PacketFlag[] | undefined
  /** Absent: normal. */
  readonly urgency?: "low" | "high" | undefined
  /** The publisher, where `from` does not say that it is stated. */
  readonly origin?: string | undefined
  /** The subject, where `uid` does not say that it is stated. */
  readonly subject?: string | undefined
  readonly total?: number | undefined
  /** How often it was sent to members of a group, this time included. */
  readonly attempt?: number | undefined
  /** Of the lane's bytes, hexadecimal. */
  readonly sha256?: string | undefined
}

/** What a full frame says beside. Ids are UUIDs, and absent where they follow from the names. */
export interface FullFields {
  /** A full frame: absent for compact ones. */
  readonly frame?: "start" | "error" | "full" | undefined
  /** Which stream, where the name alone does not say: the alias on this connection. */
  readonly alias?: number | undefined
  readonly request_id?: string | undefined
  readonly client_id?: string | undefined
  readonly peer_id?: string | undefined
  readonly deadline_ms?: number | undefined
  readonly message_id?: number | undefined
  readonly total_size?: number | undefined
  readonly chunk_index?: number | undefined
  readonly total_chunks?: number | undefined
  /** Absent: the current one. */
  readonly epoch?: number | undefined
}

/** What START says. */
export interface StartFields {
  readonly kind?: "hosted" | "relayed" | "publish" | "delivery" | "register" | undefined
  readonly resume?: true | undefined
  readonly main_first?: number | undefined
  readonly error_first?: number | undefined
  readonly main_message?: number | undefined
  readonly error_message?: number | undefined
  readonly live?: true | undefined
  readonly abandon_ms?: number | undefined
  readonly sparse?: true | undefined
  readonly channel?: string | undefined
  readonly role?: "consumer" | "provider" | "member" | undefined
  readonly capacity?: number | undefined
  readonly wait_ms?: number | undefined
  readonly receipts?: true | undefined
  readonly acks?: true | undefined
  /** Hexadecimal. */
  readonly incarnation?: string | undefined
  /** Session id and counter, hexadecimal. */
  readonly seq?: string | undefined
  readonly headers?: JsonObject | undefined
  readonly request?: number | undefined
}

/** What a statement about a stream says. */
export interface ControlFields {
  readonly cum?: number | undefined
  readonly taken?: number | undefined
  readonly credit?: number | undefined
  readonly next?: number | undefined
  readonly hole?: JsonRanges | undefined
  readonly gap?: JsonRanges | undefined
  readonly first?: number | undefined
  readonly message?: number | undefined
  readonly at?: number | undefined
  readonly reason?: string | undefined
  readonly outcome?: JsonObject | undefined
  readonly cancel?: JsonObject | undefined
  readonly open?: true | undefined
  readonly verdict?: JsonObject | undefined
  readonly suspended?: number | undefined
  readonly resumed?: true | undefined
  readonly members?: JsonObject | undefined
  readonly receipt?: JsonObject | undefined
}

/** What the connection itself, and an ERROR, says. */
export interface ConnectionFields {
  readonly hello?: JsonObject | undefined
  readonly welcome?: JsonObject | undefined
  readonly resume_stream?: JsonObject | undefined
  readonly ping?: number | undefined
  readonly pong?: number | undefined
  readonly going_away?: JsonObject | undefined
  readonly command?: JsonObject | undefined
  readonly reply?: JsonObject | undefined
  readonly code?: string | undefined
  readonly text?: string | undefined
  readonly details?: JsonObject | undefined
}

/** One packet in JSON: LuxCoreBus's fields and ours, which are all optional. The protocol's page has the whole table. */
export interface Packet extends SeedPacket, ChunkFields, FullFields, StartFields, ControlFields, ConnectionFields {}
