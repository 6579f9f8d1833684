import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  AliasBit,
  ChunkFlag,
  COMPACT_HEADER_BYTES,
  compactDataBytes,
  compactFrameBytes,
  type Fields,
  FrameType,
  FULL_HEADER_BYTES,
  HopFlag,
  Lane,
  LIMITS,
  MAX_NUMBER,
  MessageReader,
  MessageWriter,
  setFrameAlias,
  setFrameHop,
  setFrameNumber,
  Urgency,
} from "../src/index.ts"
import { bytesOf, fieldsAt, u32, u64 } from "./arbitraries.ts"

const NO_DATA = new Uint8Array(0)
const payload = fc.uint8Array({ maxLength: 60 })
const lane = fc.constantFrom(Lane.main, Lane.error)
const flags = fc.nat(0x1f).map((bits) => bits << 2)
const hop = fc
  .tuple(fc.nat(0x7f), fc.constantFrom(...Object.values(Urgency)))
  .map(([bits, urgency]) => (bits & ~HopFlag.extended) | urgency)
const alias = fc
  .tuple(fc.integer({ min: 1, max: 0x3fff_ffff }), fc.constantFrom(0, AliasBit.receiver, AliasBit.broker))
  .map(([number, bit]) => number + bit)

type Write = (writer: MessageWriter) => void
type Seen = Readonly<Record<string, unknown>> & { readonly dataBytes: number }

const dataFrame = fc
  .record({ end: fc.boolean(), alias, lane, flags, hop, number: u64, data: payload })
  .chain((frame) => fieldsAt(frame.end ? "end" : "chunk").map((fields) => ({ ...frame, fields })))
  .map(({ end, alias, lane, flags, hop, number, data, fields }): [Write, Seen] => [
    (writer) => writer[end ? "end" : "chunk"](alias, lane, flags, hop, number, data, fields),
    { type: end ? 6 : 5, compact: true, lane, flags, hop, alias, number, dataBytes: data.length, data, fields },
  ])

const controlFrame = fc
  .record({ alias: fc.oneof(fc.constant(0), alias), hop })
  .chain((frame) => fieldsAt(frame.alias === 0 ? "connection" : "control").map((fields) => ({ ...frame, fields })))
  .map(({ alias, hop, fields }): [Write, Seen] => [
    (writer) => writer.control(alias, hop, fields),
    { type: 5, compact: true, lane: 3, flags: 0, hop, alias, number: 0, dataBytes: 0, data: NO_DATA, fields },
  ])

const header = fc.record({
  requestId: bytesOf(16),
  clientId: bytesOf(16),
  peerId: bytesOf(16),
  deadlineMs: u64,
  messageId: fc.nat(),
  totalSize: fc.oneof(fc.constant(undefined), fc.nat()),
  chunkIndex: fc.nat(9),
  totalChunks: fc.constantFrom(0, 10, 11),
  epoch: u32,
})

const fullFrame = fc
  .record({ type: fc.constantFrom("start", "error", "chunk", "end"), header, lane, flags, hop, data: payload })
  .chain((frame) => fieldsAt(frame.type as "start").map((fields) => ({ ...frame, fields })))
  .map(({ type, header, lane, flags, hop, data, fields }): [Write, Seen] => {
    const carries = type === "chunk" || type === "end"
    const written = { ...header, flags, hop }
    const seen = carries
      ? { lane, number: header.messageId + header.chunkIndex, dataBytes: data.length, data }
      : { lane: 3, number: header.messageId, dataBytes: 0, data: NO_DATA }
    const write: Record<string, Write> = {
      start: (writer) => writer.start(written, fields),
      error: (writer) => writer.full(FrameType.error, written, fields),
      chunk: (writer) => writer.full(FrameType.chunk, { ...written, lane }, fields, data),
      end: (writer) => writer.full(FrameType.end, { ...written, lane }, fields, data),
    }
    return [
      write[type]!,
      {
        type: FrameType[type as "start"],
        compact: false,
        flags,
        hop,
        alias: 0,
        ...seen,
        fields,
        full: { ...header, hop },
      },
    ]
  })

function see(reader: MessageReader): Seen {
  const { type, compact, lane, flags, hop, alias, number, dataBytes } = reader
  const seen = {
    type,
    compact,
    lane,
    flags,
    hop,
    alias,
    number,
    dataBytes,
    data: reader.data(),
    fields: reader.fields(),
  }
  return compact ? seen : { ...seen, full: reader.full() }
}

const ACCEPTED = { acceptedFlags: ChunkFlag.compressed | ChunkFlag.encrypted }

test("every frame comes back as it was written, in order", () => {
  const reader = new MessageReader(ACCEPTED)
  fc.assert(
    fc.property(fc.array(fc.oneof(dataFrame, controlFrame, fullFrame), { maxLength: 6 }), (frames) => {
      const writer = new MessageWriter(64)
      for (const [write] of frames) write(writer)
      const bytes = writer.length
      const message = writer.take()
      expect(message).toHaveLength(bytes)
      reader.load(message)
      let end = 0
      for (const [, seen] of frames) {
        expect(reader.next()).toBe(true)
        expect(see(reader)).toEqual(seen)
        expect(reader.frameStart).toBe(end)
        end = reader.frameEnd
      }
      expect(reader.next()).toBe(false)
      expect(end).toBe(message.length)
    }),
    { numRuns: 300 },
  )
})

test("a message cut anywhere but between frames, or changed anywhere, is read or refused with a BusError", () => {
  const reader = new MessageReader()
  const frames = fc.array(fc.oneof(dataFrame, controlFrame, fullFrame), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(frames, fc.nat(), fc.nat(255), fc.boolean(), (written, at, byte, cut) => {
      const writer = new MessageWriter()
      for (const [write] of written) write(writer)
      const message = writer.take()
      const hit = at % message.length
      if (!cut) message[hit] = byte
      reader.load(cut ? message.subarray(0, hit) : message)
      try {
        while (reader.next()) {
          expect(reader.frameEnd).toBeLessThanOrEqual(message.length)
          reader.data()
          reader.fields()
        }
      } catch (error) {
        expect(error).toMatchObject({ name: "BusError" })
      }
    }),
    { numRuns: 500 },
  )
})

describe("MessageWriter", () => {
  test("never writes again into what it handed out", () => {
    const writer = new MessageWriter(1_024)
    writer.chunk(1, Lane.main, 0, 0, 0, bytesFilled(10, 1))
    const first = writer.take()
    const copy = first.slice()
    writer.chunk(2, Lane.error, 0, 0, 9, bytesFilled(200, 2))
    expect(writer.take()).toHaveLength(220)
    expect(first).toEqual(copy)
    expect(writer.take()).toHaveLength(0)
  })

  test("appends ready-made frames as they are", () => {
    const writer = new MessageWriter()
    writer.chunk(1, Lane.main, 0, 0, 0, bytesFilled(3, 7))
    const frames = writer.take()
    writer.append(frames)
    writer.append(frames)
    expect(writer.take()).toEqual(Uint8Array.from([...frames, ...frames]))
  })

  test("refuses what is over a limit, and keeps the message as it was", () => {
    const writer = new MessageWriter()
    const most = new Uint8Array(LIMITS.framePayloadBytes)
    const more = new Uint8Array(LIMITS.framePayloadBytes + 1)
    const tooLarge = (limit: number) => expect.objectContaining({ code: "too_large", details: { limit } })
    expect(() => writer.chunk(1, Lane.main, 0, 0, 0, more)).toThrow(tooLarge(LIMITS.framePayloadBytes))
    expect(() => writer.chunk(1, Lane.main, 0, 0, 0, most, { total: 1 })).toThrow(tooLarge(LIMITS.framePayloadBytes))
    expect(() => writer.full(FrameType.chunk, { lane: Lane.main }, {}, most)).toThrow(
      tooLarge(LIMITS.framePayloadBytes),
    )
    expect(writer.length).toBe(0)
    for (let i = 0; i < 3; i++) writer.chunk(1, Lane.main, 0, 0, i, most)
    const before = writer.length
    expect(() => writer.chunk(1, Lane.main, 0, 0, 3, most)).toThrow(tooLarge(LIMITS.messageBytes))
    expect(() => writer.append(most)).toThrow(tooLarge(LIMITS.messageBytes))
    expect(writer.length).toBe(before)
  })

  test.each<[string, Write]>([
    ["data on the control lane", (writer) => writer.chunk(1, Lane.control, 0, 0, 0, NO_DATA)],
    ["an END of the control lane", (writer) => writer.end(1, Lane.control, 0, 0, 0, NO_DATA)],
    ["a number over 2^53-1", (writer) => writer.chunk(1, Lane.main, 0, 0, MAX_NUMBER + 1, NO_DATA)],
    ["a negative number", (writer) => writer.end(1, Lane.main, 0, 0, -1, NO_DATA)],
    ["unknown hop flags", (writer) => writer.control(1, 1 << 10, {})],
    ["an urgency that is not in use", (writer) => writer.chunk(1, Lane.main, 0, 3 << 7, 0, NO_DATA)],
    ["an id of 15 bytes", (writer) => writer.start({ clientId: new Uint8Array(15) }, {})],
  ])("refuses %s", (_, write) => {
    const writer = new MessageWriter()
    expect(() => write(writer)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
    expect(writer.length).toBe(0)
  })
})

function bytesFilled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte)
}

test("a compact frame can be rewritten in place and measured without a reader", () => {
  fc.assert(
    fc.property(
      fc.array(dataFrame, { minLength: 2, maxLength: 4 }),
      alias,
      hop,
      u64,
      (frames, newAlias, newHop, number) => {
        const writer = new MessageWriter()
        for (const [write] of frames) write(writer)
        const message = writer.take()
        let at = 0
        for (const [, seen] of frames) {
          expect(compactDataBytes(message, at)).toBe(seen.dataBytes)
          setFrameAlias(message, at, newAlias)
          setFrameNumber(message, at, number)
          setFrameHop(message, at, newHop)
          at += compactFrameBytes(message, at)
        }
        expect(at).toBe(message.length)
        const reader = new MessageReader(ACCEPTED)
        reader.load(message)
        for (const [, seen] of frames) {
          reader.next()
          expect(see(reader)).toEqual({ ...seen, alias: newAlias, hop: newHop, number })
        }
      },
    ),
  )
})

test("control costs nothing", () => {
  const writer = new MessageWriter()
  writer.control(1, 0, { cum: 5 })
  expect(compactDataBytes(writer.take(), 0)).toBe(0)
})

test("views of data and ids are of the message itself", () => {
  const writer = new MessageWriter()
  writer.start({ requestId: bytesFilled(16, 9) }, { alias: 1 })
  writer.chunk(1, Lane.main, 0, 0, 0, bytesFilled(4, 1), { origin: "a" } satisfies Fields)
  const message = writer.take()
  const reader = new MessageReader()
  reader.load(message)
  reader.next()
  expect(reader.full().requestId.buffer).toBe(message.buffer)
  reader.next()
  expect(reader.data().buffer).toBe(message.buffer)
  expect(() => reader.full()).toThrow(expect.objectContaining({ code: "invalid_state" }))
})

test("headers are 20 and 92 bytes", () => {
  const writer = new MessageWriter()
  writer.chunk(1, Lane.main, 0, 0, 0, NO_DATA)
  expect(writer.take()).toHaveLength(COMPACT_HEADER_BYTES)
  writer.start({}, {})
  expect(writer.take()).toHaveLength(FULL_HEADER_BYTES)
  expect([COMPACT_HEADER_BYTES, FULL_HEADER_BYTES]).toEqual([20, 92])
})
