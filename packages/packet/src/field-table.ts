import type { JsonObject } from "./json.ts"
import type { DataLane } from "./lanes.ts"
import type { Outcome } from "./outcome.ts"
import type { RangeList } from "./ranges.ts"

/** Where a field may stand: in START, control of a stream, control of the connection (alias 0), CHUNK, END, ERROR. */
export type FieldPlace = "start" | "control" | "connection" | "chunk" | "end" | "error"

/** A field's form. `name` is a string that `assertName` takes; `ranges` are pairs of u64; `flag` has no bytes. */
export type FieldType = "u8" | "u32" | "u64" | "f64" | "string" | "name" | "bytes" | "ranges" | "json" | "flag"

/** One row of {@link FIELDS}. */
export interface FieldRow {
  /** On the wire, u8. From 0x80 on it is critical: who does not know it answers `unsupported`. */
  readonly id: number
  readonly type: FieldType
  /** Name in JSON. */
  readonly json: string
  readonly where: readonly FieldPlace[]
  /** Of `bytes`: how many. */
  readonly length?: number
  /** Of `u8`: the values from 1 on, by their names in JSON. No other value is allowed. */
  readonly values?: readonly string[]
}

const DATA = ["chunk", "end"] as const
const ANY = ["start", "control", "connection", "chunk", "end", "error"] as const

/** Every field (TLV) of the protocol, in the order in which writers put them. */
export const FIELDS = {
  lane: { id: 0x01, type: "u8", json: "lane", where: ["control", "connection"], values: ["main", "error"] },
  cum: { id: 0x02, type: "u64", json: "cum", where: ["control"] },
  ack: { id: 0x03, type: "ranges", json: "ack", where: ["control"] },
  missing: { id: 0x04, type: "ranges", json: "missing", where: ["control"] },
  credit: { id: 0x05, type: "u64", json: "credit", where: ["control", "connection"] },
  next: { id: 0x06, type: "u64", json: "next", where: ["control"] },
  hole: { id: 0x07, type: "ranges", json: "hole", where: ["control"] },
  gap: { id: 0x08, type: "ranges", json: "gap", where: ["control"] },
  first: { id: 0x09, type: "u64", json: "first", where: ["control"] },
  message: { id: 0x0a, type: "u64", json: "message", where: ["control"] },
  at: { id: 0x0b, type: "u64", json: "at", where: ["control"] },
  reason: { id: 0x0c, type: "string", json: "reason", where: ["control"] },
  complete: { id: 0x0d, type: "flag", json: "complete", where: ["control"] },
  total: { id: 0x0e, type: "u64", json: "total", where: ["start", "chunk", "end"] },
  sha256: { id: 0x0f, type: "bytes", json: "sha256", where: ["end"], length: 32 },
  origin: { id: 0x10, type: "name", json: "origin", where: DATA },
  contentType: { id: 0x11, type: "string", json: "content_type", where: ["start", "chunk", "end"] },
  timestamp: { id: 0x12, type: "f64", json: "timestamp", where: ANY },
  of: { id: 0x13, type: "u64", json: "of", where: ["chunk"] },
  details: { id: 0x1a, type: "json", json: "details", where: ["error"] },
  name: { id: 0x20, type: "name", json: "uid", where: ["start"] },
  alias: { id: 0x21, type: "u32", json: "alias", where: ["start", "error"] },
  to: { id: 0x22, type: "name", json: "to", where: ["start"] },
  from: { id: 0x23, type: "name", json: "from", where: ["start"] },
  resume: { id: 0x24, type: "flag", json: "resume", where: ["start"] },
  mainFirst: { id: 0x25, type: "u64", json: "main_first", where: ["start"] },
  errorFirst: { id: 0x26, type: "u64", json: "error_first", where: ["start"] },
  incarnation: { id: 0x27, type: "bytes", json: "incarnation", where: ["start", "control"], length: 8 },
  seq: { id: 0x28, type: "bytes", json: "seq", where: ["start"], length: 40 },
  headers: { id: 0x29, type: "json", json: "headers", where: ["start"] },
  request: { id: 0x2a, type: "u32", json: "request", where: ["start"] },
  mainMessage: { id: 0x2b, type: "u64", json: "main_message", where: ["start"] },
  errorMessage: { id: 0x2c, type: "u64", json: "error_message", where: ["start"] },
  epoch: { id: 0x2d, type: "u32", json: "epoch", where: ["control"] },
  type: { id: 0x2e, type: "u8", json: "type", where: ["start"], values: ["command", "event", "stream"] },
  kind: { id: 0x80, type: "u8", json: "kind", where: ["start"], values: ["hosted", "relayed", "publish", "delivery"] },
  outcome: { id: 0x81, type: "json", json: "outcome", where: ["control"] },
  cancel: { id: 0x82, type: "json", json: "cancel", where: ["control"] },
  open: { id: 0x83, type: "flag", json: "open", where: ["control"] },
  verdict: { id: 0x84, type: "json", json: "verdict", where: ["control"] },
  suspended: { id: 0x85, type: "u32", json: "suspended", where: ["control"] },
  resumed: { id: 0x86, type: "flag", json: "resumed", where: ["control"] },
  hello: { id: 0x90, type: "json", json: "hello", where: ["connection"] },
  welcome: { id: 0x91, type: "json", json: "welcome", where: ["connection"] },
  resumeStream: { id: 0x92, type: "json", json: "resume_stream", where: ["connection"] },
  ping: { id: 0x93, type: "u64", json: "ping", where: ["connection"] },
  pong: { id: 0x94, type: "u64", json: "pong", where: ["connection"] },
  goingAway: { id: 0x95, type: "json", json: "going_away", where: ["connection"] },
  command: { id: 0x96, type: "json", json: "command", where: ["connection"] },
  reply: { id: 0x97, type: "json", json: "reply", where: ["connection"] },
  code: { id: 0x98, type: "string", json: "code", where: ["error"] },
  text: { id: 0x99, type: "string", json: "text", where: ["error"] },
} as const satisfies Readonly<Record<string, FieldRow>>

/** A field's name in TypeScript. */
export type FieldName = keyof typeof FIELDS

/** What a START opens: the client writes and the broker hosts; relayed; into a topic; the broker writes to a reader. */
export const StreamKind = { hosted: 1, relayed: 2, publish: 3, delivery: 4 } as const

/** A stream kind's number on the wire. */
export type StreamKind = 1 | 2 | 3 | 4

/** What a START's packets are in JSON. Absent on the wire: event when it publishes, else stream. */
export const PacketKind = { command: 1, event: 2, stream: 3 } as const

/** A packet type's number on the wire. */
export type PacketKind = 1 | 2 | 3

interface Special {
  readonly lane: DataLane
  readonly kind: StreamKind
  readonly type: PacketKind
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
export type FieldValue<N extends FieldName> = N extends keyof Special ? Special[N] : ByType[(typeof FIELDS)[N]["type"]]

/** A frame's fields. Absent and undefined are the same. */
export type Fields = { readonly [N in FieldName]?: FieldValue<N> | undefined }
