import type { Packet } from "@luxbus/packet"
import { type Draft, draft } from "./draft.ts"
import { CHUNK, HOSTED, MATCHED, RELAYED, RELAYED_BACK, TOPIC } from "./streams.ts"

const SHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
const UUID = "018f4d3c-8b2a-7c11-9d6e-2f1a0b3c4d5e"
const OPAQUE = ["compressed", "encrypted"] as const

const onHosted = (name: string, ...packets: readonly Packet[]) =>
  draft(name)
    .says("client", HOSTED)
    .says("client", ...packets)
const chunk = (name: string, more: Partial<Packet>) => onHosted(name, { ...CHUNK, ...more })

/** CHUNK and END, compact and full: lanes, flags, codecs, fields. */
export const VALID_DATA: readonly Draft[] = [
  chunk("compact CHUNK without data", {}),
  chunk("compact CHUNK, codec bytes", { encoding: "base64", data: "AP/+gA==" }),
  chunk("compact CHUNK, codec utf8", { encoding: "utf8", data: "zażółć 🚀\n" }),
  chunk("compact CHUNK, codec utf8, with a byte order mark", { encoding: "utf8", data: "\ufeffa" }),
  chunk("compact CHUNK, codec utf8, empty", { encoding: "utf8", data: "" }),
  chunk("compact CHUNK, codec utf8, in the midst of a character", { encoding: "base64", codec: "utf8", data: "xQ==" }),
  chunk("compact CHUNK, codec json", { data: { done: 0.4, steps: ["a", null, true] } }),
  chunk("compact CHUNK, codec json, null", { data: null }),
  chunk("compact CHUNK, codec json, text that JSON.stringify writes otherwise", {
    encoding: "json",
    data: '{ "a": 1 }',
  }),
  chunk("compact CHUNK, codec json, a number written otherwise", { encoding: "json", data: "1.0" }),
  chunk("compact CHUNK, codec json, numbers at the ends of decimal notation", {
    data: [1e21, 123456789012345680000, 1e-7, 0.000001, -1.5e-10, 0],
  }),
  chunk("compact CHUNK, codec json, a negative zero", { encoding: "json", data: "-0" }),
  chunk("compact CHUNK, codec json, a name twice", { encoding: "json", data: '{"a":1,"a":2}' }),
  chunk("compact CHUNK, codec json, names that are array indices", { encoding: "json", data: '{"b":1,"1":2}' }),
  chunk("compact CHUNK, codec json, escapes", { data: '"\\\b\f\n\r\t\u0001\u007f\u2028/é' }),
  chunk("compact CHUNK, codec json, a lone surrogate escaped", { data: "\ud800" }),
  chunk("compact CHUNK, codec json, nested 500 deep", { data: nested(500) }),
  chunk("compact CHUNK, codec json, nested 501 deep", { encoding: "json", data: JSON.stringify(nested(501)) }),
  chunk("compact CHUNK, codec json, part of a message", { encoding: "json", data: "[1,2]", more: true }),
  chunk("compact CHUNK, codec json, no JSON", { encoding: "json", data: "{" }),
  chunk("compact CHUNK, codec named, with its content type", {
    encoding: "base64",
    codec: "named",
    data: "AQI=",
    content_type: "application/cbor",
  }),
  chunk("compact CHUNK on the error lane", { lane: "error", encoding: "utf8", data: "oops\n" }),
  chunk("compact CHUNK with MORE", { more: true, encoding: "utf8", data: "a" }),
  chunk("compact CHUNK with EXT: of, total, timestamp", {
    of: 3,
    total: 4294967296,
    timestamp: 1723445670.001,
    encoding: "utf8",
    data: "a",
  }),
  chunk("compact CHUNK with the greatest number", { chunk: Number.MAX_SAFE_INTEGER }),
  chunk("compact CHUNK with every hop flag", {
    flags: ["registration", "anycast", "retransmit", "ack_now", "idempotent", "durable"],
  }),
  chunk("compact CHUNK of low urgency", { urgency: "low" }),
  chunk("compact CHUNK of high urgency", { urgency: "high", flags: ["retransmit"] }),
  draft("compact CHUNK, compressed", OPAQUE)
    .says("client", HOSTED)
    .says("client", { ...CHUNK, flags: ["compressed"], encoding: "base64", codec: "utf8", data: "H4sI" }),
  draft("compact CHUNK, compressed and encrypted", OPAQUE)
    .says("client", HOSTED)
    .says("client", { ...CHUNK, flags: ["compressed", "encrypted"], encoding: "base64", data: "H4sI" }),
  onHosted("compact END without data or fields", { ...CHUNK, chunk: 5, is_final: true, of: 6 }),
  onHosted("compact END with EXT: total, sha256, contentType, timestamp", {
    ...CHUNK,
    chunk: 1,
    is_final: true,
    of: 2,
    flags: ["ack_now"],
    total: 6,
    sha256: SHA256,
    content_type: "text/plain",
    timestamp: 0,
  }),
  onHosted("compact END with data, on the error lane", {
    ...CHUNK,
    chunk: 1,
    is_final: true,
    of: 2,
    lane: "error",
    encoding: "utf8",
    data: "end",
  }),
  draft("compact CHUNK on an alias that no START has bound").says("client", {
    uid: "",
    type: "stream",
    alias: 9,
    chunk: 0,
    is_final: false,
  }),
  draft("compact CHUNKs each way of a duplex")
    .says("client", RELAYED)
    .says("broker", RELAYED_BACK)
    .says("client", { ...CHUNK, uid: "talk", to: "clientB", encoding: "utf8", data: "hello" })
    .says("broker", { ...CHUNK, uid: "talk", from: "clientB", to: "clientA", encoding: "utf8", data: "hello, too" }),
  draft("compact CHUNKs of a topic: origins, repeated and not")
    .says("broker", TOPIC)
    .says(
      "broker",
      { uid: "task.42", type: "event", from: "clientA", chunk: 7, is_final: false, data: 1 },
      { uid: "task.42", type: "event", from: "clientA", chunk: 8, is_final: false, data: 2 },
      { uid: "task.42", type: "event", from: "clientB", chunk: 9, is_final: false, data: 3 },
      { uid: "task.42", type: "event", from: "clientB", origin: "clientB", chunk: 10, is_final: false, data: 4 },
    )
    .says("broker", { uid: "task.42", type: "event", from: "clientB", chunk: 11, is_final: false, data: 5 }),
  draft("compact CHUNKs of a pattern: numbers with gaps, subjects, repeated and not")
    .says("broker", { ...TOPIC, uid: "task.*", sparse: true })
    .says(
      "broker",
      { ...MATCHED, uid: "task.42", chunk: 7, data: 1 },
      { ...MATCHED, uid: "task.42", chunk: 9, data: 2 },
      { ...MATCHED, uid: "task.43", chunk: 12, data: 3 },
      { ...MATCHED, uid: "task.43", subject: "task.43", chunk: 13, data: 4 },
    )
    .says("broker", { ...MATCHED, uid: "task.42", from: "clientB", chunk: 20, data: 5 }),
  draft("compact CHUNK that was sent to another member of the group before")
    .says("broker", TOPIC)
    .says("broker", { uid: "task.42", type: "event", from: "clientA", chunk: 7, attempt: 2, is_final: false, data: 1 }),
  draft("compact CHUNK of an older stream of the same names")
    .says("client", { ...HOSTED, epoch: 1 }, { ...HOSTED, alias: 5, epoch: 2 })
    .says("client", { ...CHUNK, alias: 1 }, CHUNK),
  draft("full CHUNK").says("client", {
    uid: UUID,
    type: "stream",
    frame: "full",
    chunk: 9,
    chunk_index: 2,
    total_chunks: 4,
    total_size: 4000,
    epoch: 7,
    deadline_ms: 30000,
    is_final: false,
    encoding: "utf8",
    data: "a",
  }),
  draft("full CHUNK with ids that are no names, an origin and a subject").says("client", {
    uid: "",
    type: "stream",
    frame: "full",
    request_id: "dfe47992-9b04-5445-b60b-ea9b733561f1",
    client_id: "f06a79bf-013a-5ed1-8acc-93e41c3c679b",
    peer_id: UUID,
    origin: "clientB",
    subject: "task.42",
    chunk: 0,
    is_final: false,
    data: [1],
  }),
  draft("full END on the error lane").says("client", {
    uid: UUID,
    type: "stream",
    frame: "full",
    lane: "error",
    chunk: 3,
    is_final: true,
    of: 4,
    flags: ["durable"],
    urgency: "low",
    total: 12,
    sha256: SHA256,
  }),
]

function nested(depth: number): Packet["data"] {
  let value: Packet["data"] = 1
  for (let level = 0; level < depth; level++) value = [value!]
  return value
}
