import { describe, expect, test } from "vitest"
import { fromHex } from "../src/bytes.ts"
import { FRAMING_FAULTS, type FramingFault, LIMITS, MessageReader, MessageWriter } from "../src/index.ts"

const bytes = (...hex: readonly string[]) => fromHex(hex.join("").replaceAll(" ", ""))!
const ID = "00".repeat(16)

/** A compact frame, byte by byte; each part can be another. */
function compact(part: Partial<Record<"mark" | "bits" | "hop" | "alias" | "number" | "length" | "payload", string>>) {
  const { mark = "c5", bits = "01", hop = "0000", alias = "00000001" } = part
  const { number = "0000000000000000", length = "00000000", payload = "" } = part
  return bytes(mark, bits, hop, alias, number, length, payload)
}

type FullPart =
  | "type"
  | "hop"
  | "deadline"
  | "length"
  | "lane"
  | "message"
  | "index"
  | "total"
  | "flags"
  | "fields"
  | "rest"

function full(part: Partial<Record<FullPart, string>>) {
  const { type = "05", hop = "0002", deadline = "0000000000000000", length = "0000001c", lane = "01" } = part
  const { message = "0000000000000000", index = "00000000", total = "00000000" } = part
  const { flags = "00", fields = "0000", rest = "" } = part
  const tail = [lane, message, "ffffffff", index, total, flags, "00000000", fields, rest]
  return bytes("02", type, hop, ID, ID, ID, deadline, length, ...tail)
}

function walk(message: Uint8Array): number {
  const reader = new MessageReader()
  reader.load(message)
  let frames = 0
  while (reader.next()) {
    reader.fields()
    frames++
  }
  return frames
}

const CASES: Partial<Record<FramingFault, readonly [string, Uint8Array][]>> = {
  message_too_large: [["one byte over 1 MiB", new Uint8Array(LIMITS.messageBytes + 1)]],
  truncated_header: [
    ["19 bytes of a compact frame", compact({}).subarray(0, 19)],
    ["91 bytes of a full frame", full({}).subarray(0, 91)],
    ["a full frame's payload shorter than its extension", full({ length: "0000001b" })],
  ],
  unknown_version: [
    ["version 0", new Uint8Array(92)],
    ["PulsyFlux's version 1", bytes("0104", "00".repeat(90))],
    ["version 3", bytes("0304", "00".repeat(90))],
  ],
  unknown_type: [
    ["a compact START", compact({ mark: "c4" })],
    ["a compact type 7", compact({ mark: "c7" })],
    ["a full type 2", full({ type: "02" })],
    ["a full type 7", full({ type: "07" })],
  ],
  bad_lane: [
    ["lane 0", compact({ bits: "00" })],
    ["an END of control", compact({ mark: "c6", bits: "03" })],
    ["a full chunk on lane 0", full({ lane: "00" })],
    ["a full chunk of control", full({ lane: "03" })],
    ["a full chunk on lane 4", full({ lane: "04" })],
    ["a START on main", full({ type: "04" })],
  ],
  bad_alias: [
    ["data on the connection", compact({ alias: "00000000" })],
    ["nobody's alias 0 with a bit", compact({ bits: "03", alias: "80000000" })],
  ],
  reserved_bits: [
    ["a hop flag that is not in use", compact({ hop: "0400" })],
    ["an urgency that is not in use", compact({ hop: "0180" })],
    ["EXTENDED on a compact frame", compact({ hop: "0002" })],
    ["MORE on control", compact({ bits: "07" })],
    ["EXT on control", compact({ bits: "83" })],
    ["a number on control", compact({ bits: "03", number: "0000000000000001" })],
    ["a full frame without EXTENDED", full({ hop: "0000" })],
    ["a full frame's hop flag that is not in use", full({ hop: "8002" })],
    ["a full frame's end-to-end flag that is not in use", full({ flags: "01" })],
    ["the compact form's EXT in a full frame", full({ flags: "80" })],
  ],
  payload_too_large: [
    ["a byte over 256 KiB", compact({ length: "00040001" })],
    ["4 GiB in a full frame", full({ length: "ffffffff" })],
  ],
  truncated_payload: [
    ["a payload of one byte that is not there", compact({ length: "00000001" })],
    ["a full frame's", full({ length: "0000001d" })],
  ],
  number_too_large: [
    ["2^53", compact({ number: "0020000000000000" })],
    ["a deadline of 2^53", full({ deadline: "0020000000000000" })],
    ["a message id of 2^53", full({ message: "0020000000000000" })],
    ["message id and index over 2^53-1", full({ message: "001fffffffffffff", index: "00000001" })],
  ],
  index_beyond_total: [["index 3 of 3", full({ index: "00000003", total: "00000003" })]],
  fields_too_large: [
    ["4 097 bytes of fields", compact({ bits: "81", length: "00001003", payload: `1001${"00".repeat(4097)}` })],
    ["4 097 bytes of control", compact({ bits: "03", length: "00001001", payload: "00".repeat(4097) })],
    ["4 097 bytes in a full frame", full({ length: "0000101d", fields: "1001", rest: "00".repeat(4097) })],
  ],
  fields_outside_payload: [
    ["half the length of fields", compact({ bits: "81", length: "00000001", payload: "00" })],
    ["one byte of fields that is not there", compact({ bits: "81", length: "00000002", payload: "0001" })],
    ["a full frame's", full({ fields: "0001" })],
    ["a field's header cut short", compact({ bits: "03", length: "00000002", payload: "8300" })],
  ],
  unexpected_data: [["a START with data", full({ type: "04", lane: "03", length: "0000001d", rest: "00" })]],
  field_repeated: [["open twice", compact({ bits: "03", length: "00000006", payload: "830000830000" })]],
  field_misplaced: [
    ["open of the connection", compact({ bits: "03", alias: "00000000", length: "00000003", payload: "830000" })],
  ],
  field_malformed: [
    ["open with a byte", compact({ bits: "03", length: "00000004", payload: "83000100" })],
    ["an empty name", full({ type: "04", lane: "03", length: "0000001f", fields: "0003", rest: "200000" })],
    ["a name with a line break", compact({ bits: "81", length: "00000006", payload: "0004 10 0001 0a" })],
    ["an outcome without a status", compact({ bits: "03", length: "00000005", payload: "810002 7b7d" })],
  ],
}

test("the frames that the faults are made from are sound", () => {
  expect(walk(compact({}))).toBe(1)
  expect(walk(compact({ bits: "03", length: "00000003", payload: "830000" }))).toBe(1)
  expect(walk(full({}))).toBe(1)
  expect(walk(full({ type: "04", lane: "03" }))).toBe(1)
  expect(walk(new Uint8Array(0))).toBe(0)
  expect(walk(compact({ number: "001fffffffffffff", hop: "0100", alias: "ffffffff" }))).toBe(1)
})

test("every fault has a case here", () => {
  expect(Object.keys(CASES).sort()).toEqual([...FRAMING_FAULTS].sort())
})

describe.each(Object.entries(CASES))("%s", (fault, cases) => {
  test.each(cases)("%s", (_, message) => {
    const expected = { code: "protocol", message: `framing fault: ${fault}` }
    expect(() => walk(message)).toThrow(
      expect.objectContaining({ ...expected, details: expect.objectContaining({ fault }) }),
    )
  })
})

test("a compressed or encrypted frame that was not negotiated is unsupported, and the walk goes on behind it", () => {
  const message = Uint8Array.from([...compact({ bits: "09", alias: "00000007" }), ...compact({ alias: "00000008" })])
  const reader = new MessageReader()
  reader.load(message)
  expect(() => reader.next()).toThrow(expect.objectContaining({ code: "unsupported" }))
  expect(reader.alias).toBe(7)
  expect(reader.next()).toBe(true)
  expect(reader.alias).toBe(8)
  const negotiated = new MessageReader({ acceptedFlags: 0x08 })
  negotiated.load(message)
  expect(negotiated.next()).toBe(true)
  negotiated.load(compact({ bits: "11" }))
  expect(() => negotiated.next()).toThrow(expect.objectContaining({ code: "unsupported" }))
})

test("a large declared count allocates nothing", () => {
  const writer = new MessageWriter()
  writer.start({ totalChunks: 0xffff_ffff, totalSize: 0xffff_fffe }, {})
  expect(walk(writer.take())).toBe(1)
})
