import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  AliasBit,
  ChunkFlag,
  DISPATCHER,
  type Fields,
  FrameType,
  flagsOf,
  formatPackets,
  HopFlag,
  idOfName,
  Lane,
  MessageReader,
  MessageWriter,
  type Packet,
  PacketFramer,
  PacketKind,
  parsePackets,
  StreamKind,
  Urgency,
} from "../src/index.ts"
import { encodeUtf8 } from "../src/text.ts"
import { bytesOf, fieldsAt, u32, u64 } from "./arbitraries.ts"

const ACCEPTED = { acceptedFlags: ChunkFlag.compressed | ChunkFlag.encrypted }

type Write = (writer: MessageWriter) => void
type Message = { readonly fromLeft: boolean; readonly frames: readonly Write[] }

// Few of each, so that streams share names, replace each other and are spoken of from both sides.
const uid = fc.constantFrom("job.42", "task.1", "018f4d3c-8b2a-7c11-9d6e-2f1a0b3c4d5e")
const client = fc.constantFrom("clientA", "clientB", "clientC")
const streamAlias = fc.constantFrom(1, 2, 3, AliasBit.broker + 1)
const alias = fc.tuple(streamAlias, fc.constantFrom(0, AliasBit.receiver)).map(([number, bit]) => number + bit)
const lane = fc.constantFrom(Lane.main, Lane.error)
const flags = fc.nat(0x1f).map((bits) => bits << 2)
const hop = fc
  .tuple(fc.nat(0x7f), fc.constantFrom(...Object.values(Urgency)))
  .map(([bits, urgency]) => (bits & ~HopFlag.extended) | urgency)
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.string({ maxLength: 12, unit: "grapheme" }).map(encodeUtf8),
  fc.json({ maxDepth: 2 }).map(encodeUtf8),
  fc.constantFrom("-0", "1e400", " 1", '{"a":1,"a":2}', '"\\u0061"', '{"__proto__":1}', "[1,2").map(encodeUtf8),
)

/** Default types are left out on the wire: see `packetTypeOf`. */
function withoutDefaultType(fields: Fields): Fields {
  const byKind = fields.kind === StreamKind.publish ? PacketKind.event : PacketKind.stream
  return fields.type === byKind ? { ...fields, type: undefined } : fields
}

const dataFrame = fc
  .record({
    end: fc.boolean(),
    alias,
    lane,
    flags,
    hop,
    number: u64,
    data: payload,
    origin: fc.option(client),
    subject: fc.option(client),
  })
  .chain((frame) => fieldsAt(frame.end ? "end" : "chunk").map((fields) => ({ ...frame, fields })))
  .map(({ end, alias, lane, flags, hop, number, data, fields, origin, subject }): Write => {
    const all = { ...fields, origin: origin ?? fields.origin, subject: subject ?? fields.subject }
    return (writer) => writer[end ? "end" : "chunk"](alias, lane, flags, hop, number, data, all)
  })

const controlFrame = fc.record({ alias, hop, fields: fieldsAt("control") }).map(
  ({ alias, hop, fields }): Write =>
    (writer) =>
      writer.control(alias, hop, fields),
)

const command = fc.constantFrom(
  { op: "subscribe", subject: "task.*" },
  { subject: "task.*", op: "subscribe" },
  { id: 1, op: "x" },
)
const connectionFrame = fc
  .record({
    hop: fc.oneof(fc.constant(0), hop),
    fields: fieldsAt("connection"),
    command: fc.option(command, { nil: undefined }),
  })
  .map(({ hop, fields, command }): Write => {
    return (writer) => writer.control(0, hop, command === undefined ? fields : { timestamp: fields.timestamp, command })
  })

const header = fc.record({
  deadlineMs: u64,
  messageId: fc.nat(),
  totalSize: fc.oneof(fc.constant(undefined), fc.nat()),
  chunkIndex: fc.constantFrom(0, 0, 7),
  totalChunks: fc.constantFrom(0, 8),
  epoch: fc.nat(2),
})

/** Ids as sessions make them, or any. */
const ids = (name: string | undefined, from: string | undefined, to: string | undefined) =>
  fc.oneof(
    fc.constant({
      ...(name !== undefined && { requestId: idOfName(name) }),
      ...(from !== undefined && { clientId: idOfName(from) }),
      ...(to !== undefined && { peerId: idOfName(to) }),
    }),
    fc.record({ requestId: bytesOf(16), clientId: bytesOf(16), peerId: bytesOf(16) }, { requiredKeys: [] }),
  )

const startFrame = fc
  .record({
    fields: fieldsAt("start"),
    name: fc.option(uid, { nil: undefined, freq: 9 }),
    from: fc.option(client, { nil: undefined }),
    to: fc.option(fc.oneof(client, fc.constant(DISPATCHER)), { nil: undefined }),
    alias: streamAlias,
  })
  .chain(({ fields, ...bound }) =>
    fc
      .record({ header, ids: ids(bound.name, bound.from, bound.to), flags, hop })
      .map(({ header, ids, ...bits }): Write => {
        const all = withoutDefaultType({ ...fields, ...bound })
        return (writer) => writer.start({ ...header, ...ids, ...bits }, all)
      }),
  )

const otherFull = fc
  .record({ type: fc.constantFrom("error", "chunk", "end"), header, uid, lane, flags, hop, data: payload })
  .chain((frame) =>
    fc
      .record({ ids: ids(frame.uid, undefined, undefined), fields: fieldsAt(frame.type as "error") })
      .map((more) => ({ ...frame, ...more })),
  )
  .map(({ type, header, ids, fields, lane, flags, hop, data }): Write => {
    const all = { ...header, ...ids, flags, hop }
    if (type === "error") return (writer) => writer.full(FrameType.error, all, fields)
    if (type === "chunk") return (writer) => writer.full(FrameType.chunk, { ...all, lane }, fields, data)
    return (writer) => writer.full(FrameType.end, { ...all, lane }, fields, data)
  })

const frame = fc.oneof(
  { arbitrary: startFrame, weight: 4 },
  { arbitrary: dataFrame, weight: 4 },
  { arbitrary: controlFrame, weight: 3 },
  { arbitrary: connectionFrame, weight: 2 },
  { arbitrary: otherFull, weight: 1 },
)
const conversation: fc.Arbitrary<readonly Message[]> = fc.array(
  fc.record({ fromLeft: fc.boolean(), frames: fc.array(frame, { minLength: 1, maxLength: 5 }) }),
  { maxLength: 5 },
)

function build(frames: readonly Write[]): Uint8Array {
  const writer = new MessageWriter()
  for (const write of frames) write(writer)
  return writer.take()
}

test("binary to JSON to binary is byte for byte the same, and so is JSON to binary to JSON, both ways on a connection", () => {
  fc.assert(
    fc.property(conversation, (messages) => {
      // `left` is read by, and writes to, `right`; `again` sees what `left` sees, only after the round trip.
      const [left, right, again] = [new PacketFramer(ACCEPTED), new PacketFramer(ACCEPTED), new PacketFramer(ACCEPTED)]
      for (const { fromLeft, frames } of messages) {
        const message = build(frames)
        const [there, back] = fromLeft ? [left, right] : [right, left]
        const packets = there.toPackets(message)
        const text = formatPackets(packets)
        expect(parsePackets(text)).toEqual(packets)
        const bytes = back.toFrames(parsePackets(text))
        expect(bytes).toEqual(message)
        if (fromLeft) expect(again.toPackets(bytes)).toEqual(packets)
        else expect(again.toFrames(packets)).toEqual(message)
      }
    }),
    { numRuns: 200 },
  )
})

/** A framer at each end of a connection on which clientA has opened streams to clientB, and clientB one to clientA. */
function connected(): { readonly left: PacketFramer; readonly right: PacketFramer } {
  const left = new PacketFramer(ACCEPTED)
  const right = new PacketFramer(ACCEPTED)
  const start = (alias: number, from: string, to: string): Packet => ({
    uid: "job.42",
    type: "stream",
    frame: "start",
    from,
    to,
    alias,
  })
  left.toPackets(right.toFrames([start(1, "clientA", "clientB")]))
  right.toPackets(left.toFrames([start(1, "clientB", "clientA")]))
  return { left, right }
}

function readOne(message: Uint8Array): MessageReader {
  const reader = new MessageReader(ACCEPTED)
  reader.load(message)
  reader.next()
  return reader
}

const chunk: Packet = { uid: "job.42", type: "stream", from: "clientA", to: "clientB", chunk: 3, is_final: false }

describe("packets in their normal form are the same after binary", () => {
  test.each<readonly [string, Packet]>([
    ["a chunk without data", chunk],
    ["a chunk of a lane whose end is known", { ...chunk, of: 12, data: { a: [1, null] } }],
    ["text", { ...chunk, encoding: "utf8", data: "zażółć" }],
    ["bytes", { ...chunk, encoding: "base64", data: "//8=" }],
    ["JSON that has another form", { ...chunk, encoding: "json", data: " 1" }],
    ["split UTF-8", { ...chunk, encoding: "base64", codec: "utf8", data: "/w==", more: true }],
    ["a named codec", { ...chunk, encoding: "base64", codec: "named", content_type: "application/cbor", data: "gA==" }],
    ["a part of JSON that looks whole", { ...chunk, encoding: "json", data: "12", more: true }],
    ["a time and flags", { ...chunk, timestamp: 1723445670.001, flags: ["retransmit", "ack_now"], urgency: "high" }],
    ["encrypted text", { ...chunk, flags: ["encrypted"], encoding: "base64", codec: "utf8", data: "AAAA" }],
    ["the error lane", { ...chunk, lane: "error", data: "disk almost full" }],
    ["an END", { ...chunk, is_final: true, of: 4, total: 9, sha256: "ab".repeat(32) }],
    ["what a publisher wrote", { ...chunk, from: "clientC" }],
    [
      "an ack of a stream that is named by its alias",
      {
        uid: "job.42",
        type: "stream",
        from: "clientA",
        to: "clientB",
        status: "ack",
        cum: 3,
        ack: [5, [7, 9]],
        alias: 1,
      },
    ],
    [
      "a gap",
      {
        uid: "job.42",
        type: "stream",
        from: "clientA",
        to: "clientB",
        status: "gap",
        gap: [[3, 9]],
        first: 10,
        message: 10,
        at: 700,
        reason: "lagged",
      },
    ],
    [
      "an outcome",
      { uid: "job.42", type: "stream", from: "clientA", to: "clientB", outcome: { status: "done", main: 4, error: 0 } },
    ],
    ["a command to the dispatcher", { uid: "task.*", type: "command", to: "dispatcher", data: "subscribe" }],
    ["a command with an id", { uid: "", type: "command", command: { id: 7, op: "attach" } }],
    ["HELLO", { uid: "", type: "command", hello: { versions: [1] } }],
    ["credit of the connection", { uid: "", type: "command", lane: "error", credit: 262_144 }],
    [
      "an ERROR",
      { uid: "018f4d3c-8b2a-7c11-9d6e-2f1a0b3c4d5e", type: "stream", frame: "error", code: "forbidden", text: "no" },
    ],
    ["an event's START", { uid: "task.1", type: "event", frame: "start", from: "clientA", alias: 9, kind: "publish" }],
    [
      "a command's START",
      {
        uid: "task.1",
        type: "command",
        frame: "start",
        from: "clientA",
        to: "clientB",
        alias: 9,
        kind: "relayed",
        deadline_ms: 30_000,
        flags: ["idempotent"],
      },
    ],
  ])("%s", (_, packet) => {
    const { left, right } = connected()
    expect(left.toPackets(right.toFrames([packet]))).toEqual([packet])
  })
})

describe("packets in another form come to mean the same", () => {
  const through = (...packets: readonly Packet[]) => {
    const { left, right } = connected()
    return left.toPackets(right.toFrames(packets))
  }

  test("a flat list becomes ranges, names that the stream supplies are filled in", () => {
    const [packet] = through({ uid: "job.42", from: "clientA", type: "stream", status: "ack", ack: [0, 1, 2] })
    expect(packet).toMatchObject({ to: "clientB", status: "ack", ack: [[0, 2]] })
  })

  test("a lone value within a chunk that goes on is written as the part of JSON that it is", () => {
    expect(through({ ...chunk, data: 12, more: true })).toEqual([
      { ...chunk, encoding: "json", data: "12", more: true },
    ])
  })

  test("to: null is no recipient", () => {
    const [packet] = through({ uid: "t", type: "event", frame: "start", to: null, kind: "publish", alias: 5 })
    expect(packet).not.toHaveProperty("to")
  })
})

describe("who speaks decides which alias is meant", () => {
  test("the seed's ack, without alias or recipient, is about the other side's stream", () => {
    const { right } = connected()
    const [ack] = parsePackets('{"uid":"job.42","from":"clientA","type":"stream","status":"ack","ack":[0,1,2]}')
    const reader = readOne(right.toFrames([ack!]))
    expect(reader.alias).toBe(AliasBit.receiver + 1)
    expect(reader.fields()).toEqual({ ack: [[0, 2]] })
  })

  test("a writer's statement is about its own", () => {
    const { right } = connected()
    const statement: Packet = { uid: "job.42", from: "clientA", type: "stream", next: 4 }
    expect(readOne(right.toFrames([statement])).alias).toBe(1)
  })

  test("the newest of two streams with the same names is meant, and the older one named by its alias", () => {
    const { left, right } = connected()
    const second: Packet = {
      uid: "job.42",
      type: "stream",
      frame: "start",
      from: "clientA",
      to: "clientB",
      alias: 2,
      epoch: 7,
    }
    left.toPackets(right.toFrames([second]))
    expect(readOne(right.toFrames([chunk])).alias).toBe(2)
    expect(readOne(right.toFrames([{ ...chunk, epoch: 0 }])).alias).toBe(1)
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, 0, 0, 3, new Uint8Array(0))
    expect(left.toPackets(writer.take())).toEqual([{ ...chunk, alias: 1 }])
  })

  test("an alias that was unbound is not found by name any more", () => {
    const { left, right } = connected()
    right.unbindOut(1)
    expect(() => right.toFrames([chunk])).toThrow(expect.objectContaining({ code: "unknown_stream" }))
    left.unbindIn(1)
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, 0, 0, 3, new Uint8Array(0))
    expect(left.toPackets(writer.take())).toEqual([{ uid: "", type: "stream", alias: 1, chunk: 3, is_final: false }])
  })

  test("a broker's error bears the name that its recipient gave in START", () => {
    const { right } = connected()
    const writer = new MessageWriter()
    writer.full(FrameType.error, { requestId: idOfName("job.42") }, { alias: 1, code: "forbidden", text: "no" })
    expect(right.toPackets(writer.take())).toMatchObject([{ uid: "job.42", frame: "error", code: "forbidden" }])
  })
})

test("a topic's packets bear their publishers as long as a message goes on", () => {
  const left = new PacketFramer()
  const writer = new MessageWriter()
  writer.start({}, { name: "task.1", alias: 5, kind: StreamKind.delivery, type: PacketKind.event })
  left.toPackets(writer.take())
  const say = (number: number, fields?: Fields) =>
    writer.chunk(5, Lane.main, flagsOf(2, false), 0, number, encodeUtf8("1"), fields)
  say(0, { origin: "clientA" })
  say(1)
  say(2, { origin: "clientB" })
  expect(left.toPackets(writer.take()).map(({ from }) => from)).toEqual(["clientA", "clientA", "clientB"])
  say(3)
  expect(left.toPackets(writer.take())[0]).not.toHaveProperty("from")
})

test("a pattern's packets bear their subjects as long as a message goes on", () => {
  const left = new PacketFramer()
  const right = new PacketFramer()
  const writer = new MessageWriter()
  writer.start({}, { name: "task.*", alias: 5, kind: StreamKind.delivery, type: PacketKind.event, sparse: true })
  right.toFrames(left.toPackets(writer.take()))
  const say = (number: number, fields?: Fields) =>
    writer.chunk(5, Lane.main, flagsOf(2, false), 0, number, encodeUtf8("1"), fields)
  say(0, { subject: "task.1" })
  say(4)
  say(9, { subject: "task.2" })
  say(10, { subject: "task.2" })
  const frames = writer.take().slice()
  const packets = left.toPackets(frames)
  expect(packets.map(({ uid, alias, subject }) => [uid, alias, subject])).toEqual([
    ["task.1", 5, undefined],
    ["task.1", 5, undefined],
    ["task.2", 5, undefined],
    ["task.2", 5, "task.2"],
  ])
  expect(right.toFrames(packets)).toEqual(frames)
  say(11)
  expect(left.toPackets(writer.take())).toMatchObject([{ uid: "task.*" }])
})

describe("a packet that no frame can say is protocol, and nothing of its message comes out", () => {
  test.each<readonly [string, Packet]>([
    ["data without a number", { uid: "job.42", type: "event", data: 1 }],
    ["data on the connection", { uid: "", type: "command", data: "x" }],
    ["a field where it may not stand", { ...chunk, cum: 3 }],
    ["a session message about a stream", { uid: "job.42", type: "stream", hello: {} }],
    ["an END before the lane's total", { ...chunk, is_final: true, of: 12 }],
    ["an index over its number", { ...chunk, frame: "full", chunk_index: 4 }],
    ["data that its encoding cannot say", { ...chunk, encoding: "base64", data: "?" }],
    ["a reversed range", { uid: "job.42", type: "stream", status: "ack", ack: [[3, 1]] }],
    ["alias 0", { ...chunk, alias: 0 }],
    ["a command that names no operation", { uid: "task.*", type: "command", to: "dispatcher", data: { a: 1 } }],
  ])("%s", (_, packet) => {
    const { right } = connected()
    expect(() => right.toFrames([chunk, packet])).toThrow(expect.objectContaining({ code: "protocol" }))
    expect(readOne(right.toFrames([chunk])).frameEnd).toBe(20)
  })

  test("a stream that no START has named is unknown_stream", () => {
    expect(() => new PacketFramer().toFrames([chunk])).toThrow(expect.objectContaining({ code: "unknown_stream" }))
  })
})

test("deeply nested data does no harm on either way", () => {
  const { left, right } = connected()
  for (const depth of [400, 2_000, 100_000]) {
    const json = `${"[".repeat(depth)}${"]".repeat(depth)}`
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, flagsOf(2, false), 0, 0, encodeUtf8(json))
    const message = writer.take()
    const packets = left.toPackets(message)
    expect(packets[0]?.encoding).toBe(depth > 500 ? "json" : undefined)
    expect(right.toFrames(parsePackets(formatPackets(packets)))).toEqual(message)
  }
})

test("u32 fields of full frames reach to their end", () => {
  fc.assert(
    fc.property(u32, u32, (epoch, totalChunks) => {
      const writer = new MessageWriter()
      writer.full(FrameType.chunk, { lane: Lane.main, epoch, totalChunks })
      const message = writer.take()
      expect(new PacketFramer().toFrames(new PacketFramer().toPackets(message))).toEqual(message)
    }),
  )
})

test("who looks on reads both ways of a connection, each by the STARTs of either side", () => {
  const inbound = new PacketFramer()
  const outbound = inbound.reversed()
  const writer = new MessageWriter()
  writer.start({}, { name: "job.42", from: "clientA", to: "clientB", alias: 5 })
  inbound.toPackets(writer.take())
  writer.start({}, { name: "job.43", from: "clientB", to: "clientA", alias: 5 })
  outbound.toPackets(writer.take())
  writer.control(0x8000_0005, 0, { cum: 1 })
  const statement = writer.take()
  expect(outbound.toPackets(statement)).toMatchObject([{ uid: "job.42", from: "clientB", to: "clientA" }])
  expect(inbound.toPackets(statement)).toMatchObject([{ uid: "job.43", from: "clientA", to: "clientB" }])
})
