import { z } from "zod"
import type { JsonObject, JsonValue } from "./json.ts"
import { isJsonObject } from "./json.ts"
import { isName } from "./names.ts"
import { isOutcome } from "./outcome.ts"
import type { Packet } from "./packet.ts"
import { fitsEncoding } from "./packet-check.ts"
import { isWellFormed } from "./text.ts"

const u64 = z.int().min(0)
const u32 = u64.max(0xffff_ffff)
const text = z.string().refine(isWellFormed, "has a lone surrogate")
const name = z.string().refine(isName, "is no name")
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const object = z.custom<JsonObject>(isJsonObject, "is no object")
const pair = z.tuple([u64, u64]).refine(([first, last]) => first <= last, "is reversed")
const ranges = z.array(z.union([u64, pair]))
const flags = [
  "registration",
  "anycast",
  "retransmit",
  "ack_now",
  "idempotent",
  "durable",
  "compressed",
  "encrypted",
] as const

const seedFields = {
  uid: z.union([z.literal(""), name]),
  from: name.optional(),
  to: z
    .union([z.literal("dispatcher"), name])
    .nullable()
    .optional(),
  type: z.enum(["command", "event", "stream"]),
  chunk: u64.optional(),
  of: u64.optional(),
  is_final: z.boolean().optional(),
  data: z.custom<JsonValue>(() => true).optional(),
  timestamp: z.number().optional(),
  status: z.enum(["ack", "missing", "complete", "gap"]).optional(),
  ack: ranges.optional(),
  missing: ranges.optional(),
}

const chunkFields = {
  lane: z.enum(["main", "error"]).optional(),
  more: z.boolean().optional(),
  encoding: z.enum(["utf8", "json", "base64"]).optional(),
  codec: z.enum(["bytes", "utf8", "json", "named"]).optional(),
  content_type: text.optional(),
  flags: z.array(z.enum(flags)).optional(),
  urgency: z.enum(["low", "high"]).optional(),
  origin: name.optional(),
  subject: name.optional(),
  attempt: u32.optional(),
  total: u64.optional(),
  sha256: hex(32).optional(),
}

const fullFields = {
  frame: z.enum(["start", "error", "full"]).optional(),
  alias: u32.optional(),
  request_id: uuid.optional(),
  client_id: uuid.optional(),
  peer_id: uuid.optional(),
  deadline_ms: u64.optional(),
  message_id: u64.optional(),
  total_size: u64.max(0xffff_fffe).optional(),
  chunk_index: u32.optional(),
  total_chunks: u32.optional(),
  epoch: u32.optional(),
}

const startFields = {
  kind: z.enum(["hosted", "relayed", "publish", "delivery", "register"]).optional(),
  resume: z.literal(true).optional(),
  main_first: u64.optional(),
  error_first: u64.optional(),
  main_message: u64.optional(),
  error_message: u64.optional(),
  live: z.literal(true).optional(),
  abandon_ms: u32.optional(),
  sparse: z.literal(true).optional(),
  channel: name.optional(),
  role: z.enum(["consumer", "provider", "member"]).optional(),
  capacity: u32.optional(),
  wait_ms: u32.optional(),
  receipts: z.literal(true).optional(),
  acks: z.literal(true).optional(),
  incarnation: hex(8).optional(),
  seq: hex(40).optional(),
  headers: object.optional(),
  request: u32.optional(),
}

const controlFields = {
  cum: u64.optional(),
  taken: u64.optional(),
  credit: u64.optional(),
  next: u64.optional(),
  hole: ranges.optional(),
  gap: ranges.optional(),
  first: u64.optional(),
  message: u64.optional(),
  at: u64.optional(),
  reason: text.optional(),
  outcome: object.refine(isOutcome, "is no outcome").optional(),
  cancel: object.optional(),
  open: z.literal(true).optional(),
  verdict: object.optional(),
  suspended: u32.optional(),
  resumed: z.literal(true).optional(),
  members: object.optional(),
  receipt: object.optional(),
}

const connectionFields = {
  hello: object.optional(),
  welcome: object.optional(),
  resume_stream: object.optional(),
  ping: u64.optional(),
  pong: u64.optional(),
  going_away: object.optional(),
  command: object.optional(),
  reply: object.optional(),
  code: text.optional(),
  text: text.optional(),
  details: object.optional(),
}

/**
 * One packet in JSON: LuxCoreBus's fields and ours, which are all optional. Other fields are left out. Accepts and
 * rejects the same as `parsePackets`, which does without zod.
 */
export const packetSchema: z.ZodType<Packet> = z
  .object({ ...seedFields, ...chunkFields, ...fullFields, ...startFields, ...controlFields, ...connectionFields })
  .refine(fitsEncoding, { path: ["data"], message: "does not fit its encoding" })
