import { isBase64 } from "./base64.ts"
import { BusError } from "./errors.ts"
import { isJsonObject } from "./json.ts"
import { isName } from "./names.ts"
import { isOutcome } from "./outcome.ts"
import type { Packet } from "./packet.ts"
import { isWellFormed } from "./text.ts"

type Check = (value: unknown) => boolean

const whole =
  (max: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
const oneOf =
  (...choices: readonly string[]): Check =>
  (value) =>
    choices.includes(value as string)
const matching =
  (form: RegExp): Check =>
  (value) =>
    typeof value === "string" && form.test(value)

type Checks = { readonly [N in keyof Required<Packet>]: Check }

/** How each field of a packet is checked. Its keys are the fields that there are. */
function checks(): Checks {
  const u64 = whole(Number.MAX_SAFE_INTEGER)
  const u32 = whole(0xffff_ffff)
  const text: Check = (value) => typeof value === "string" && isWellFormed(value)
  const name: Check = (value) => typeof value === "string" && isName(value)
  const yes: Check = (value) => value === true
  const boolean: Check = (value) => typeof value === "boolean"
  const uuid = matching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  const flag = oneOf(
    "registration",
    "anycast",
    "retransmit",
    "ack_now",
    "idempotent",
    "durable",
    "compressed",
    "encrypted",
  )
  const range: Check = (value) =>
    Array.isArray(value) ? value.length === 2 && u64(value[0]) && u64(value[1]) && value[0] <= value[1] : u64(value)
  const ranges: Check = (value) => Array.isArray(value) && value.every(range)

  return {
    uid: (value) => value === "" || name(value),
    type: oneOf("command", "event", "stream"),
    from: name,
    to: (value) => value === null || name(value),
    chunk: u64,
    of: u64,
    is_final: boolean,
    data: () => true,
    timestamp: Number.isFinite,
    status: oneOf("ack", "missing", "complete", "gap"),
    ack: ranges,
    missing: ranges,
    lane: oneOf("main", "error"),
    more: boolean,
    encoding: oneOf("utf8", "json", "base64"),
    codec: oneOf("bytes", "utf8", "json", "named"),
    content_type: text,
    flags: (value) => Array.isArray(value) && value.every(flag),
    urgency: oneOf("low", "high"),
    origin: name,
    subject: name,
    attempt: u32,
    total: u64,
    sha256: matching(/^[0-9a-f]{64}$/),
    frame: oneOf("start", "error", "full"),
    alias: u32,
    request_id: uuid,
    client_id: uuid,
    peer_id: uuid,
    deadline_ms: u64,
    message_id: u64,
    total_size: whole(0xffff_fffe),
    chunk_index: u32,
    total_chunks: u32,
    epoch: u32,
    kind: oneOf("hosted", "relayed", "publish", "delivery", "register"),
    resume: yes,
    main_first: u64,
    error_first: u64,
    main_message: u64,
    error_message: u64,
    live: yes,
    abandon_ms: u32,
    sparse: yes,
    channel: name,
    role: oneOf("consumer", "provider", "member"),
    capacity: u32,
    wait_ms: u32,
    receipts: yes,
    acks: yes,
    incarnation: matching(/^[0-9a-f]{16}$/),
    seq: matching(/^[0-9a-f]{80}$/),
    headers: isJsonObject,
    request: u32,
    cum: u64,
    taken: u64,
    credit: u64,
    next: u64,
    hole: ranges,
    gap: ranges,
    first: u64,
    message: u64,
    at: u64,
    reason: text,
    outcome: isOutcome,
    cancel: isJsonObject,
    open: yes,
    verdict: isJsonObject,
    suspended: u32,
    resumed: yes,
    members: isJsonObject,
    receipt: isJsonObject,
    hello: isJsonObject,
    welcome: isJsonObject,
    resume_stream: isJsonObject,
    ping: u64,
    pong: u64,
    going_away: isJsonObject,
    command: isJsonObject,
    reply: isJsonObject,
    code: text,
    text,
    details: isJsonObject,
  }
}

// Pure, so that a client that never speaks JSON leaves the whole check out of its bundle.
const ENTRIES = /* @__PURE__ */ Object.entries(/* @__PURE__ */ checks()) as readonly (readonly [keyof Packet, Check])[]

/**
 * Checks what `JSON.parse` returned, by hand and to the same result as `packetSchema`: fields that are not the
 * packet's are left out.
 * @throws BusError `protocol`, with the field's name in `details.field`
 */
export function checkPacket(value: unknown): Packet {
  if (!isJsonObject(value)) throw new BusError("protocol", "a packet is an object")
  const packet: Record<string, unknown> = {}
  for (const [field, check] of ENTRIES) {
    const given: unknown = value[field]
    if (given === undefined && field !== "uid" && field !== "type") continue
    if (!check(given)) throw fieldError(field)
    packet[field] = given
  }
  if (!fitsEncoding(packet)) throw fieldError("data")
  return packet as unknown as Packet
}

function fieldError(field: keyof Packet): BusError {
  return new BusError("protocol", `a packet's ${field} has a value that it must not have`, { details: { field } })
}

/** Whether `data` is a string that survives as bytes, where `encoding` says that it stands for them. */
export function fitsEncoding(packet: { readonly encoding?: unknown; readonly data?: unknown }): boolean {
  if (packet.encoding === undefined || packet.data === undefined) return true
  if (typeof packet.data !== "string") return false
  return packet.encoding === "base64" ? isBase64(packet.data) : isWellFormed(packet.data)
}
