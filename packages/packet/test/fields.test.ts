import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  FIELDS,
  type FieldPlace,
  type FieldRow,
  type Fields,
  FrameType,
  MessageReader,
  MessageWriter,
} from "../src/index.ts"
import { fieldsAt } from "./arbitraries.ts"

const NO_DATA = new Uint8Array(0)

const WRITE: Record<FieldPlace, (writer: MessageWriter, fields: Fields) => void> = {
  start: (writer, fields) => writer.start({}, fields),
  error: (writer, fields) => writer.full(FrameType.error, {}, fields),
  control: (writer, fields) => writer.control(1, 0, fields),
  connection: (writer, fields) => writer.control(0, 0, fields),
  chunk: (writer, fields) => writer.chunk(1, 1, 0, 0, 0, NO_DATA, fields),
  end: (writer, fields) => writer.end(1, 1, 0, 0, 0, NO_DATA, fields),
}

function readFields(message: Uint8Array): Fields {
  const reader = new MessageReader()
  reader.load(message)
  reader.next()
  return reader.fields()
}

/** Control whose fields are these bytes as they stand. */
function control(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from([0xc5, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, bytes.length, ...bytes])
}

const utf8 = (text: string) => [0, text.length, ...Array.from(text, (c) => c.charCodeAt(0))]
const fault = (name: string) =>
  expect.objectContaining({ code: "protocol", details: expect.objectContaining({ fault: name }) })

test("no two fields share an id or a JSON name, and each may stand somewhere", () => {
  const rows: FieldRow[] = Object.values(FIELDS)
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length)
  expect(new Set(rows.map((row) => row.json)).size).toBe(rows.length)
  expect(rows.every((row) => row.where.length > 0 && row.id > 0 && row.id < 256)).toBe(true)
})

describe.each(Object.keys(WRITE) as FieldPlace[])("fields of a frame of kind %s", (place) => {
  test("come back as they were, and from any of their kind", () => {
    fc.assert(
      fc.property(fieldsAt(place), (fields) => {
        const writer = new MessageWriter()
        WRITE[place](writer, fields)
        expect(readFields(writer.take())).toEqual(fields)
      }),
    )
  })

  test("are refused by the writer where they may not stand, and the message stays as it was", () => {
    const misplaced: Fields = place === "connection" ? { cum: 1 } : { ping: 1 }
    const writer = new MessageWriter()
    WRITE[place](writer, {})
    const before = writer.length
    expect(() => WRITE[place](writer, misplaced)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
    expect(writer.length).toBe(before)
  })
})

test("an unknown field is skipped below 0x80 and unsupported from there on", () => {
  expect(readFields(control(0x7f, 0, 2, 9, 9, 0x83, 0, 0))).toEqual({ open: true })
  expect(() => readFields(control(0xff, 0, 0))).toThrow(expect.objectContaining({ code: "unsupported" }))
})

test.each([
  ["stands twice", "field_repeated", [0x83, 0, 0, 0x83, 0, 0]],
  ["stands where it must not", "field_misplaced", [0x93, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]],
  ["has half a header", "fields_outside_payload", [0x83, 0]],
  ["is longer than its frame", "fields_outside_payload", [0x83, 0, 1]],
  ["is a flag with a byte", "field_malformed", [0x83, 0, 1, 0]],
  ["is a u8 out of its values", "field_malformed", [0x01, 0, 1, 3]],
  ["is a u8 of zero", "field_malformed", [0x01, 0, 1, 0]],
  ["is a u32 of three bytes", "field_malformed", [0x85, 0, 3, 0, 0, 0]],
  ["is a u64 of four bytes", "field_malformed", [0x02, 0, 4, 0, 0, 0, 0]],
  ["is a u64 over 2^53-1", "number_too_large", [0x02, 0, 8, 0, 0x20, 0, 0, 0, 0, 0, 0]],
  ["is bad UTF-8", "field_malformed", [0x0c, 0, 1, 0xff]],
  ["is JSON but no object", "field_malformed", [0x82, ...utf8("[]")]],
  ["is no JSON", "field_malformed", [0x82, ...utf8("{")]],
  ["is a range and a half", "field_malformed", [0x03, 0, 24, ...new Array<number>(24).fill(0)]],
  ["is a reversed range", "field_malformed", [0x03, 0, 16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1]],
  ["is a range to over 2^53-1", "field_malformed", [0x03, 0, 16, 0, 0, 0, 0, 0, 0, 0, 2, 255, 0, 0, 0, 0, 0, 0, 1]],
  ["is NaN", "field_malformed", [0x12, 0, 8, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
  ["has seven bytes of eight", "field_malformed", [0x27, 0, 7, 0, 0, 0, 0, 0, 0, 0]],
])("a field that %s is the fault %s", (_, name, bytes) => {
  expect(() => readFields(control(...bytes))).toThrow(fault(name))
})

test("names off the wire are checked as names, outcomes as outcomes", () => {
  const writer = new MessageWriter()
  writer.start({}, { name: "aXb" })
  const message = writer.take()
  message[message.length - 2] = 10
  expect(() => readFields(message)).toThrow(expect.objectContaining({ code: "protocol" }))
  expect(() => readFields(control(0x81, ...utf8('{"status":"over"}')))).toThrow(
    expect.objectContaining({ code: "protocol" }),
  )
})

test("whatever bytes come as fields, they decode or are refused with a BusError", () => {
  const field = fc.tuple(
    fc.constantFrom(...Object.values(FIELDS).map((row) => row.id), 0x7f),
    fc.uint8Array({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(fc.array(field, { maxLength: 4 }), fc.nat(3), (fields, cut) => {
      const bytes = fields.flatMap(([id, value]) => [id, 0, value.length, ...value])
      try {
        readFields(control(...bytes.slice(0, bytes.length - cut)))
      } catch (error) {
        expect((error as { name: string }).name).toBe("BusError")
      }
    }),
    { numRuns: 500 },
  )
})

test("more than 4 KiB of fields are refused on both sides", () => {
  const writer = new MessageWriter()
  const reason = "x".repeat(4_096 - 3)
  writer.control(1, 0, { reason })
  expect(readFields(writer.take())).toEqual({ reason })
  const refused = expect.objectContaining({ code: "too_large", details: { limit: 4_096 } })
  expect(() => writer.control(1, 0, { reason: `${reason}y` })).toThrow(refused)
  expect(() => writer.control(1, 0, { cum: 1, reason })).toThrow(refused)
  expect(writer.length).toBe(0)
})

test.each<[string, Fields]>([
  ["a number that is none", { cum: Number.NaN }],
  ["a fraction", { cum: 1.5 }],
  ["a number over 2^53-1", { cum: 2 ** 53 }],
  ["too large a u32", { suspended: 2 ** 32 }],
  ["an infinite time", { timestamp: Number.POSITIVE_INFINITY }],
  ["too few bytes", { incarnation: new Uint8Array(7) }],
  [
    "ranges out of order",
    {
      ack: [
        [4, 5],
        [1, 2],
      ],
    },
  ],
])("the writer refuses %s", (_, fields) => {
  expect(() => new MessageWriter().control(1, 0, fields)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
})

test("an outcome is written in one form, whatever the order of its fields", () => {
  const write = (fields: Fields) => {
    const writer = new MessageWriter()
    writer.control(1, 0, fields)
    return writer.take()
  }
  const one = write({ outcome: { status: "error", code: "x", main: 1, error: 2 } })
  expect(write({ outcome: { error: 2, main: 1, code: "x", status: "error" } })).toEqual(one)
})
