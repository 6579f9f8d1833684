import type { ChannelRole } from "./channel-role.ts"
import type { JsonObject } from "./json.ts"
import type { DataLane } from "./lanes.ts"
import type { Outcome } from "./outcome.ts"
import type { RangeList } from "./ranges.ts"

/** Where a field may stand: in START, control of a stream, control of the connection (alias 0), CHUNK, END, ERROR. */
export type FieldPlace = "start" | "control" | "connection" | "chunk" | "end" | "error"

/** A field's form. `name` is a string that `assertName` takes; `ranges` are pairs of u64; `flag` has no bytes. */
export type FieldType = "u8" | "u32" | "u64" | "f64" | "string" | "name" | "bytes" | "ranges" | "json" | "flag"

/** The bit of each place in {@link WireField}.where. */
export const PLACE_BIT = {
  start: 1,
  control: 2,
  connection: 4,
  chunk: 8,
  end: 16,
  error: 32,
} as const satisfies Readonly<Record<FieldPlace, number>>

/** What the codec needs to know of a field. */
export interface WireField<T extends FieldType = FieldType> {
  /** On the wire, u8. From 0x80 on it is critical: who does not know it answers `unsupported`. */
  readonly id: number
  readonly type: T
  /** {@link PLACE_BIT}s of where it may stand. */
  readonly where: number
  /** Of `bytes`: how many. Of `u8`: the highest value; the lowest is 1. */
  readonly size: number
}

const { start: START, control: CONTROL, connection: CONNECTION, chunk: CHUNK, end: END, error: ERROR } = PLACE_BIT
const ANY = START | CONTROL | CONNECTION | CHUNK | END | ERROR

/* @__NO_SIDE_EFFECTS__ */
function row<T extends FieldType>(id: number, type: T, where: number, size = 0): WireField<T> {
  return { id, type, where, size }
}

/** Every field (TLV) of the protocol, in the order in which writers put them. `FIELDS` adds what it is in JSON. */
export const WIRE_FIELDS = {
  lane: row(0x01, "u8", CONTROL | CONNECTION, 2),
  cum: row(0x02, "u64", CONTROL),
  ack: row(0x03, "ranges", CONTROL),
  missing: row(0x04, "ranges", CONTROL),
  credit: row(0x05, "u64", CONTROL | CONNECTION),
  next: row(0x06, "u64", CONTROL),
  hole: row(0x07, "ranges", CONTROL),
  gap: row(0x08, "ranges", CONTROL),
  first: row(0x09, "u64", CONTROL),
  message: row(0x0a, "u64", CONTROL),
  at: row(0x0b, "u64", CONTROL),
  reason: row(0x0c, "string", CONTROL),
  complete: row(0x0d, "flag", CONTROL),
  total: row(0x0e, "u64", START | CHUNK | END),
  sha256: row(0x0f, "bytes", END, 32),
  origin: row(0x10, "name", CHUNK | END),
  contentType: row(0x11, "string", START | CHUNK | END),
  timestamp: row(0x12, "f64", ANY),
  of: row(0x13, "u64", CHUNK),
  subject: row(0x14, "name", CHUNK | END),
  attempt: row(0x15, "u32", CHUNK | END),
  taken: row(0x17, "u64", CONTROL),
  details: row(0x1a, "json", ERROR),
  name: row(0x20, "name", START),
  alias: row(0x21, "u32", START | ERROR),
  to: row(0x22, "name", START),
  from: row(0x23, "name", START),
  resume: row(0x24, "flag", START),
  mainFirst: row(0x25, "u64", START),
  errorFirst: row(0x26, "u64", START),
  incarnation: row(0x27, "bytes", START | CONTROL, 8),
  seq: row(0x28, "bytes", START, 40),
  headers: row(0x29, "json", START),
  request: row(0x2a, "u32", START),
  mainMessage: row(0x2b, "u64", START),
  errorMessage: row(0x2c, "u64", START),
  epoch: row(0x2d, "u32", CONTROL),
  type: row(0x2e, "u8", START, 3),
  live: row(0x2f, "flag", START),
  abandonMs: row(0x30, "u32", START),
  channel: row(0x31, "name", START),
  role: row(0x32, "u8", START, 3),
  capacity: row(0x33, "u32", START),
  waitMs: row(0x34, "u32", START),
  receipts: row(0x35, "flag", START),
  acks: row(0x36, "flag", START),
  kind: row(0x80, "u8", START, 5),
  outcome: row(0x81, "json", CONTROL),
  cancel: row(0x82, "json", CONTROL),
  open: row(0x83, "flag", CONTROL),
  verdict: row(0x84, "json", CONTROL),
  suspended: row(0x85, "u32", CONTROL),
  resumed: row(0x86, "flag", CONTROL),
  sparse: row(0x87, "flag", START),
  members: row(0x88, "json", CONTROL),
  receipt: row(0x89, "json", CONTROL),
  hello: row(0x90, "json", CONNECTION),
  welcome: row(0x91, "json", CONNECTION),
  resumeStream: row(0x92, "json", CONNECTION),
  ping: row(0x93, "u64", CONNECTION),
  pong: row(0x94, "u64", CONNECTION),
  goingAway: row(0x95, "json", CONNECTION),
  command: row(0x96, "json", CONNECTION),
  reply: row(0x97, "json", CONNECTION),
  code: row(0x98, "string", ERROR),
  text: row(0x99, "string", ERROR),
} as const

/** A field's name in TypeScript. */
export type FieldName = keyof typeof WIRE_FIELDS

/**
 * What a START opens: the client writes and the broker hosts; relayed; into a topic; the broker writes to a reader; a
 * place in a channel.
 */
export const StreamKind = { hosted: 1, relayed: 2, publish: 3, delivery: 4, register: 5 } as const

/** A stream kind's number on the wire. */
export type StreamKind = 1 | 2 | 3 | 4 | 5

/** What a START's packets are in JSON. Absent on the wire: event when it publishes, else stream. */
export const PacketKind = { command: 1, event: 2, stream: 3 } as const

/** A packet type's number on the wire. */
export type PacketKind = 1 | 2 | 3

interface Special {
  readonly lane: DataLane
  readonly kind: StreamKind
  readonly type: PacketKind
  readonly role: ChannelRole
  readonly outcome: Outcome
}

interface ByType {
  readonly u8: number
  readonly u32: number
  readonly u64: number
  readonly f64: number
  readonly string: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly ranges: RangeList
  readonly json: JsonObject
  readonly flag: true
}

/** The type of a field's value. */
export type FieldValue<N extends FieldName> = N extends keyof Special
  ? Special[N]
  : ByType[(typeof WIRE_FIELDS)[N]["type"]]

/** A frame's fields. Absent and undefined are the same. */
export type Fields = { readonly [N in FieldName]?: FieldValue<N> | undefined }
