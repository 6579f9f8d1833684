import type { Packet } from "@luxbus/packet"
import { type Draft, draft } from "./draft.ts"
import { CHUNK, CONNECTION, HOSTED, RELAYED, RELAYED_BACK, STATEMENT, TOPIC } from "./streams.ts"

const UUID = "018f4d3c-8b2a-7c11-9d6e-2f1a0b3c4d5e"
const SEQ = `${"a5".repeat(32)}0000000000000007`
const SECRET = "c2VjcmV0LW9mLWFuLWV4YW1wbGUtb2YtNDMtYnl0ZXM"

const start = (name: string, packet: Packet) => draft(name).says("client", packet)
const stated = (name: string, more: Partial<Packet>) =>
  draft(name)
    .says("client", HOSTED)
    .says("broker", { ...STATEMENT, ...more })
const written = (name: string, more: Partial<Packet>) =>
  draft(name)
    .says("client", HOSTED)
    .says("client", { uid: "job.42", type: "stream", from: "clientA", ...more })
const connection = (name: string, by: "client" | "broker", more: Partial<Packet>) =>
  draft(name).says(by, { ...CONNECTION, ...more })
const many = Array.from({ length: 64 }, (_, i): number => 3 * i + 1)

/** START and ERROR. */
export const VALID_STARTS: readonly Draft[] = [
  start("START of a hosted stream", HOSTED),
  start("START of a relayed stream", RELAYED),
  start("START that publishes", { ...HOSTED, uid: "task.42", type: "event", kind: "publish" }),
  start("START of a delivery", TOPIC),
  start("START that registers", {
    ...HOSTED,
    uid: "translate",
    kind: "register",
    role: "provider",
    capacity: 4,
    flags: ["registration"],
  }),
  start("START to a channel", { ...HOSTED, kind: "relayed", channel: "translate", wait_ms: 500, flags: ["anycast"] }),
  start("START without kind", { uid: "job.42", type: "stream", frame: "start", alias: 1 }),
  start("START of a command", { ...RELAYED, type: "command" }),
  start("START with every field", {
    ...RELAYED,
    type: "event",
    total: 4294967296,
    content_type: "text/plain; charset=utf-8",
    timestamp: 1723445670.001,
    resume: true,
    main_first: 17,
    error_first: 2,
    incarnation: "00112233445566ff",
    seq: SEQ,
    headers: { command: ["make", "-j4"], nice: 10 },
    request: 4294967295,
    main_message: 15,
    error_message: 1,
    live: true,
    abandon_ms: 60000,
    sparse: true,
    channel: "translate",
    role: "provider",
    capacity: 4,
    wait_ms: 2000,
    receipts: true,
    acks: true,
  }),
  start("START of a member of a channel, with what it says of itself", {
    uid: "room.1",
    type: "stream",
    frame: "start",
    alias: 9,
    kind: "register",
    role: "member",
    flags: ["registration"],
    seq: SEQ,
    headers: { name: "Anna" },
  }),
  start("START with every number of its header", {
    ...HOSTED,
    deadline_ms: Number.MAX_SAFE_INTEGER,
    message_id: 17,
    total_size: 4294967294,
    chunk_index: 1,
    total_chunks: 2,
    epoch: 4294967295,
    codec: "utf8",
    urgency: "high",
    flags: ["registration", "durable"],
  }),
  start("START of a name of UUID form", { ...HOSTED, uid: UUID }),
  start("START that only its request id names", { ...HOSTED, uid: UUID, request_id: UUID }),
  start("START that nothing names", { uid: "", type: "stream", frame: "start", alias: 1 }),
  start("START to the dispatcher", { ...RELAYED, to: "dispatcher" }),
  start("START with ids that are not those of its names", {
    ...RELAYED,
    request_id: UUID,
    client_id: UUID,
    peer_id: UUID,
  }),
  start("START of the longest name", { ...HOSTED, uid: "ż".repeat(64) }),
  draft("ERROR of a stream that the other side opened")
    .says("client", HOSTED)
    .says("broker", { uid: "job.42", type: "stream", frame: "error", alias: 1, code: "forbidden", text: "not yours" }),
  draft("ERROR of an alias that nobody opened").says("broker", {
    uid: UUID,
    type: "stream",
    frame: "error",
    alias: 1,
    code: "unknown_stream",
    text: "none",
  }),
  draft("ERROR of the connection").says("broker", {
    uid: "",
    type: "stream",
    frame: "error",
    code: "rate_limited",
    text: "too many",
    details: { retryAfterMs: 500 },
    timestamp: 1723445670.5,
  }),
]

/** Control of a stream and of the connection. */
export const VALID_CONTROL: readonly Draft[] = [
  stated("control: open, epoch, incarnation", { open: true, epoch: 1723445670, incarnation: "00112233445566ff" }),
  stated("control: cum, ack, credit", { status: "ack", lane: "main", cum: 4, ack: [6, [8, 10]], credit: 1048576 }),
  stated("control: ack of 64 ranges", { status: "ack", lane: "error", cum: 0, ack: many }),
  stated("control: ack of no ranges", { status: "ack", lane: "main", ack: [] }),
  stated("control: missing", { status: "missing", lane: "main", missing: [3, [7, Number.MAX_SAFE_INTEGER]] }),
  stated("control: complete", { status: "complete" }),
  stated("control: cancel with a reason", { cancel: { reason: "superseded" } }),
  stated("control: verdict", { verdict: { verdict: "fenced", current: 8 } }),
  stated("control: suspended", { suspended: 120000 }),
  stated("control: members", {
    members: { version: 3, members: [{ id: "clientB", role: "provider", capacity: 4, since: 1723445670001 }] },
    timestamp: 1723445670.001,
  }),
  stated("control: receipt", {
    receipt: {
      epoch: 1723445670,
      incarnation: "00112233445566ff",
      receipts: [{ number: 6, next: 12, subscribers: 2 }],
    },
  }),
  stated("control: resumed", { resumed: true, timestamp: 1723445670.001 }),
  written("control: next, with ACK_NOW", { lane: "main", next: 41, flags: ["ack_now"] }),
  written("control: outcome, done", { outcome: { status: "done", main: 2, error: 1 } }),
  written("control: outcome, error with everything", {
    outcome: {
      status: "error",
      code: "exit",
      message: "failed",
      reason: "r",
      exitCode: 3,
      signal: "SIGTERM",
      main: 2,
      error: 1,
    },
  }),
  written("control: outcome, cancelled", { outcome: { status: "cancelled", reason: "superseded", main: 0, error: 0 } }),
  draft("control: gap, of a topic")
    .says("broker", TOPIC)
    .says("broker", {
      uid: "task.42",
      type: "event",
      status: "gap",
      lane: "main",
      gap: [[9, 40]],
      first: 41,
      message: 41,
      at: 4096,
      reason: "lagged",
    }),
  draft("control: taken, by a member of a group")
    .says("broker", { ...TOPIC, alias: 3, acks: true })
    .says("client", { uid: "task.42", type: "event", lane: "main", taken: 9 }),
  draft("control: credit for a broker-wide alias")
    .says("broker", TOPIC)
    .says("client", { uid: "task.42", type: "event", lane: "main", credit: 65536 }),
  draft("control: hole in what a peer sends")
    .says("broker", RELAYED_BACK)
    .says("broker", { uid: "talk", type: "stream", from: "clientB", to: "clientA", lane: "main", hole: [[2, 5], 9] }),
  draft("control of both halves of a duplex, which only what they say tells apart")
    .says("client", RELAYED)
    .says("broker", RELAYED_BACK)
    .says(
      "client",
      { uid: "talk", type: "stream", from: "clientA", to: "clientB", status: "ack", lane: "main", cum: 1 },
      { uid: "talk", type: "stream", from: "clientA", to: "clientB", lane: "main", next: 1 },
      { uid: "talk", type: "stream", from: "clientA", to: "clientB", alias: 2, status: "ack", lane: "main", cum: 1 },
    ),
  draft("control of an alias that no START has bound").says("client", {
    uid: "",
    type: "stream",
    alias: 0x8000_0009,
    cancel: {},
  }),
  connection("connection: hello", "client", {
    hello: {
      versions: [1],
      features: [],
      limits: { messageBytes: 1048576, framePayloadBytes: 262144 },
      id: "clientA",
      secret: SECRET,
    },
  }),
  connection("connection: welcome", "broker", {
    welcome: {
      version: 1,
      features: [],
      limits: { messageBytes: 1048576, framePayloadBytes: 262144 },
      id: "clientA",
      incarnation: "00112233445566ff",
      heartbeat: { intervalMs: 25000, timeoutMs: 8000 },
    },
  }),
  connection("connection: resumeStream", "client", {
    resume_stream: { name: "talk", from: "clientB", epoch: 1, main: 4, error: 0 },
  }),
  connection("connection: ping", "client", { ping: 0 }),
  connection("connection: pong", "broker", { pong: Number.MAX_SAFE_INTEGER }),
  connection("connection: goingAway", "broker", { going_away: { delayMs: 250 } }),
  connection("connection: command", "client", { command: { id: 1, op: "list", params: {} } }),
  connection("connection: reply", "broker", { reply: { id: 1, result: [] } }),
  connection("connection: credit", "broker", { lane: "error", credit: 393216 }),
  connection("connection: ping with a time", "broker", { ping: 1, timestamp: 1e-7 }),
  draft("connection: the seed's command to the dispatcher").says("client", {
    uid: "task.*",
    type: "command",
    to: "dispatcher",
    data: "subscribe",
  }),
  draft("connection: the seed's command with a time").says("client", {
    uid: "task.*",
    type: "command",
    to: "dispatcher",
    data: "subscribe",
    timestamp: 1.5,
  }),
  connection("connection: a command whose members stand otherwise", "client", {
    command: { subject: "task.*", op: "subscribe" },
  }),
]

/** Several frames in one message. */
export const VALID_BATCHES: readonly Draft[] = [
  draft("batch: no frames").says("client"),
  draft("batch: START, chunks of both lanes, ENDs, outcome").says(
    "client",
    HOSTED,
    { ...CHUNK, encoding: "utf8", data: "hello\n" },
    { ...CHUNK, lane: "error", encoding: "utf8", data: "oops\n" },
    { ...CHUNK, chunk: 1, is_final: true, of: 2, total: 6 },
    { ...CHUNK, lane: "error", chunk: 1, is_final: true, of: 2, total: 5 },
    { uid: "job.42", type: "stream", from: "clientA", outcome: { status: "done", main: 2, error: 2 } },
  ),
  draft("batch: frames of two streams and of the connection").says(
    "client",
    HOSTED,
    RELAYED,
    { ...CONNECTION, ping: 3 },
    { ...CHUNK, encoding: "utf8", data: "a" },
    { ...CHUNK, uid: "talk", to: "clientB", encoding: "utf8", data: "b" },
  ),
]
