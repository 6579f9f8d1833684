import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { FIELDS, formatPackets, LIMITS, type Packet, parsePackets } from "../src/index.ts"
import { packetSchema } from "../src/schema.ts"
import { names, object, outcome, ranges, text, u32, u64 } from "./arbitraries.ts"

const hex = (bytes: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 2 * bytes, maxLength: 2 * bytes })
const yes = fc.constant(true)

const VALID: { readonly [N in keyof Required<Packet>]: fc.Arbitrary<unknown> } = {
  uid: fc.oneof(names, fc.constant("")),
  type: fc.constantFrom("command", "event", "stream"),
  from: names,
  to: fc.oneof(names, fc.constant(null)),
  chunk: u64,
  of: u64,
  is_final: fc.boolean(),
  data: fc.oneof(fc.jsonValue({ maxDepth: 2 }), text, fc.base64String()),
  timestamp: fc.double({ noNaN: true, noDefaultInfinity: true }),
  status: fc.constantFrom("ack", "missing", "complete", "gap"),
  ack: fc.array(u64),
  missing: ranges,
  lane: fc.constantFrom("main", "error"),
  more: fc.boolean(),
  encoding: fc.constantFrom("utf8", "json", "base64"),
  codec: fc.constantFrom("bytes", "utf8", "json", "named"),
  content_type: text,
  flags: fc.subarray([
    "registration",
    "anycast",
    "retransmit",
    "ack_now",
    "idempotent",
    "durable",
    "compressed",
    "encrypted",
  ]),
  urgency: fc.constantFrom("low", "high"),
  origin: names,
  subject: names,
  attempt: u32,
  total: u64,
  sha256: hex(32),
  frame: fc.constantFrom("start", "error", "full"),
  alias: u32,
  request_id: fc.uuid(),
  client_id: fc.uuid(),
  peer_id: fc.uuid(),
  deadline_ms: u64,
  message_id: u64,
  total_size: fc.nat(),
  chunk_index: u32,
  total_chunks: u32,
  epoch: u32,
  kind: fc.constantFrom("hosted", "relayed", "publish", "delivery", "register"),
  resume: yes,
  main_first: u64,
  error_first: u64,
  main_message: u64,
  error_message: u64,
  live: yes,
  abandon_ms: u32,
  sparse: yes,
  channel: names,
  role: fc.constantFrom("consumer", "provider"),
  capacity: u32,
  wait_ms: u32,
  receipts: yes,
  acks: yes,
  incarnation: hex(8),
  seq: hex(40),
  headers: object,
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
  outcome,
  cancel: object,
  open: yes,
  verdict: object,
  suspended: u32,
  resumed: yes,
  members: object,
  receipt: object,
  hello: object,
  welcome: object,
  resume_stream: object,
  ping: u64,
  pong: u64,
  going_away: object,
  command: object,
  reply: object,
  code: text,
  text,
  details: object,
}

const FIELD_NAMES = Object.keys(VALID)
const { uid, type, ...others } = VALID
const valid = fc.record({ uid, type, ...others }, { requiredKeys: ["uid", "type"] })
const odd = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 32,
  2 ** 53,
  1e300,
  "",
  "a",
  "\ud800",
  "AAA",
  "AB==",
  "main",
  "g".repeat(64),
  "A".repeat(16),
  [],
  ["a"],
  [1, 1],
  [[1, 2]],
  [[2, 1]],
  [[1]],
  [[1, 2, 3]],
  [-1],
  [null],
  {},
  { status: "done" },
  { status: "done", main: 0, error: 0 },
)

/** What both say of a value: what they make of it, or that they refuse it. */
function both(json: string): readonly [unknown, unknown] {
  const bySchema = packetSchema.safeParse(JSON.parse(json))
  let byHand: unknown = "refused"
  try {
    byHand = parsePackets(json)[0]
  } catch (error) {
    expect(error).toMatchObject({ name: "BusError", code: "protocol" })
  }
  return [byHand, bySchema.success ? bySchema.data : "refused"]
}

describe("the check by hand and the schema", () => {
  test("know the same fields, among them the JSON name of every field of the wire", () => {
    const { shape } = packetSchema as unknown as { readonly shape: Record<string, unknown> }
    expect(Object.keys(shape).sort()).toEqual([...FIELD_NAMES].sort())
    const onlyFlags = ["complete"] // `status` says it
    for (const { json } of Object.values(FIELDS)) if (!onlyFlags.includes(json)) expect(FIELD_NAMES).toContain(json)
  })

  test("accept the same packets, and make the same of them", () => {
    fc.assert(
      fc.property(valid, (packet) => {
        const json = JSON.stringify({ ...packet, encoding: undefined, unknown: 1 })
        const [byHand, bySchema] = both(json)
        expect(byHand).toEqual(JSON.parse(JSON.stringify({ ...packet, encoding: undefined })))
        expect(bySchema).toEqual(byHand)
      }),
      { numRuns: 100 },
    )
  })

  test("refuse the same packets: any field with an odd value, data that does not fit its encoding", () => {
    fc.assert(
      fc.property(valid, fc.constantFrom(...FIELD_NAMES), odd, (packet, field, value) => {
        const [byHand, bySchema] = both(JSON.stringify({ ...packet, [field]: value }))
        expect(bySchema).toEqual(byHand)
      }),
      { numRuns: 400 },
    )
  })

  test("refuse what is no object, and what lacks uid or type", () => {
    for (const json of ["null", "1", '"a"', "{}", '{"uid":"a"}', '{"type":"event"}'])
      expect(both(json)).toEqual(["refused", "refused"])
  })
})

describe("the seed's packets", () => {
  const EXAMPLES = [
    '{"uid":"stream_abc","from":"clientB","type":"stream","status":"ack","ack":[0,1,2]}',
    '{"uid":"stream_abc","from":"clientB","type":"stream","status":"missing","missing":[3,4]}',
  ]
  test.each(EXAMPLES)("%s is valid as it stands", (json) => {
    expect(parsePackets(json)).toEqual([JSON.parse(json)])
    expect(packetSchema.parse(JSON.parse(json))).toEqual(JSON.parse(json))
  })

  const recipients = ["clientB", "dispatcher", null]
  const choices = recipients.flatMap((to) =>
    ["command", "event", "stream"].flatMap((type) =>
      ["ack", "missing", "complete"].map((status) => [to, type, status]),
    ),
  )
  test.each(choices)("the first example is valid with to %s, type %s, status %s", (to, type, status) => {
    const packet = {
      uid: "task_abc123",
      from: "clientA",
      to,
      type,
      chunk: 3,
      of: 12,
      is_final: false,
      data: "...",
      timestamp: 172344567.001,
      status,
    }
    expect(both(JSON.stringify(packet))).toEqual([packet, packet])
  })
})

test("a message is one packet or an array of them, both ways", () => {
  const packet: Packet = { uid: "a", type: "event", data: 1 }
  expect(formatPackets([packet])).toBe('{"uid":"a","type":"event","data":1}')
  expect(formatPackets([packet, packet])).toMatch(/^\[/)
  for (const packets of [[], [packet], [packet, packet]]) expect(parsePackets(formatPackets(packets))).toEqual(packets)
})

test.each(["", "{", "[1]", '[{"uid":"a","type":"event"},2]', "[[]]"])("%j is protocol", (json) => {
  expect(() => parsePackets(json)).toThrow(expect.objectContaining({ code: "protocol" }))
})

test("says which field is wrong", () => {
  const refused = expect.objectContaining({ code: "protocol", details: { field: "ack" } })
  expect(() => parsePackets('{"uid":"a","type":"stream","ack":[[3,1]]}')).toThrow(refused)
})

test("more than 1 MiB of text is refused, counted in bytes", () => {
  const message = (characters: string) => `{"uid":"a","type":"event","data":"${characters}"}`
  const room = LIMITS.messageBytes - message("").length
  expect(parsePackets(message("x".repeat(room)))).toHaveLength(1)
  const tooLarge = expect.objectContaining({ details: { fault: "message_too_large" } })
  expect(() => parsePackets(message("x".repeat(room + 1)))).toThrow(tooLarge)
  expect(() => parsePackets(message("€".repeat(room / 2)))).toThrow(tooLarge)
})

test("text nested beyond all reason is read or refused with a BusError", () => {
  for (const depth of [1_000, 100_000]) {
    const json = `{"uid":"a","type":"event","data":${"[".repeat(depth)}${"]".repeat(depth)}}`
    const read = () => formatPackets(parsePackets(json))
    try {
      expect(read()).toBe(json)
    } catch (error) {
      expect(error).toMatchObject({ name: "BusError" })
    }
  }
})
