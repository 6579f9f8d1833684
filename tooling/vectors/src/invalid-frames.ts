import { BusError, type FramingFault, isErrorCode, MessageReader } from "@luxbus/packet"
import { messageOf } from "./bytes.ts"
import { acceptedFlagsOf } from "./connection.ts"
import { compactFrame, controlFrame, field, fullFrame, textHex } from "./raw-frame.ts"
import type { Bytes, InvalidVector } from "./vector.ts"

type Case = readonly [name: string, message: string | Bytes]

const GOOD = compactFrame({})
const START = { type: "04", lane: "03" }
const ERROR = { type: "03", lane: "03" }
const json = (text: string) => controlFrame(field("81", textHex(text)))
const range = (first: string, last: string) => first.padStart(16, "0") + last.padStart(16, "0")
const named = (name: string) => fullFrame({ ...START, rest: field("20", textHex(name)) })

/** Messages by their fault, each with no other. */
const FAULTY: Readonly<Record<FramingFault, readonly Case[]>> = {
  message_too_large: [["a byte over 1 MiB", { hex: "", filling: { hex: "00", times: 1_048_577 } }]],
  truncated_header: [
    ["a byte of a compact frame", "c5"],
    ["19 bytes of a compact frame", GOOD.slice(0, 38)],
    ["91 bytes of a full frame", fullFrame({}).slice(0, 182)],
    ["a full frame's payload shorter than its extension", fullFrame({ length: "0000001b" })],
    ["half a frame behind a good one", GOOD + GOOD.slice(0, 20)],
  ],
  unknown_version: [
    ["version 0", "00".repeat(92)],
    ["version 1, in a session", fullFrame({ version: "01" })],
    ["version 3", fullFrame({ version: "03" })],
    ["text", textHex('{"uid":"","type":"command","hello":{}}')],
    ["garbage behind a good frame", `${GOOD}ff`],
  ],
  unknown_type: [
    ["a compact START", compactFrame({ mark: "c4" })],
    ["a compact ERROR", compactFrame({ mark: "c3" })],
    ["compact type 7", compactFrame({ mark: "c7" })],
    ["full type 2", fullFrame({ type: "02" })],
    ["full type 7", fullFrame({ type: "07" })],
  ],
  bad_lane: [
    ["compact lane 0", compactFrame({ bits: "00" })],
    ["an END of control", compactFrame({ mark: "c6", bits: "03" })],
    ["a full CHUNK on lane 0", fullFrame({ lane: "00" })],
    ["a full CHUNK of control", fullFrame({ lane: "03" })],
    ["a full END on lane 4", fullFrame({ type: "06", lane: "04" })],
    ["a START on main", fullFrame({ type: "04" })],
    ["an ERROR on the error lane", fullFrame({ type: "03", lane: "02" })],
  ],
  bad_alias: [
    ["data on alias 0", compactFrame({ alias: "00000000" })],
    ["control of the receiver's alias 0", controlFrame("", "80000000")],
    ["control of the broker's alias 0", controlFrame("", "40000000")],
    ["data on alias 0 with both bits", compactFrame({ alias: "c0000000" })],
  ],
  reserved_bits: [
    ["a compact frame's hop flag that is not in use", compactFrame({ hop: "0400" })],
    ["urgency 3", compactFrame({ hop: "0180" })],
    ["EXTENDED in a compact frame", compactFrame({ hop: "0002" })],
    ["MORE on control", compactFrame({ bits: "07" })],
    ["a codec on control", compactFrame({ bits: "23" })],
    ["EXT on control", compactFrame({ bits: "83" })],
    ["a number on control", compactFrame({ bits: "03", number: "0000000000000001" })],
    ["a full frame without EXTENDED", fullFrame({ hop: "0000" })],
    ["a full frame's hop flag that is not in use", fullFrame({ hop: "8002" })],
    ["a full frame's end-to-end flag that is not in use", fullFrame({ flags: "01" })],
    ["the compact form's EXT in a full frame", fullFrame({ flags: "80" })],
  ],
  payload_too_large: [
    ["a byte over 256 KiB", compactFrame({ length: "00040001" })],
    ["4 GiB in a full frame", fullFrame({ length: "ffffffff" })],
    [
      "a byte over 256 KiB that is there",
      { hex: compactFrame({ length: "00040001" }), filling: { hex: "00", times: 262_145 } },
    ],
  ],
  truncated_payload: [
    ["a byte that is not there", compactFrame({ length: "00000001" })],
    ["a full frame's byte that is not there", fullFrame({ length: "0000001d" })],
    ["the last of two frames", GOOD + compactFrame({ payload: "6162" }).slice(0, -2)],
  ],
  number_too_large: [
    ["chunk number 2^53", compactFrame({ number: "0020000000000000" })],
    ["chunk number 2^64-1", compactFrame({ number: "ffffffffffffffff" })],
    ["a deadline of 2^53", fullFrame({ deadline: "0020000000000000" })],
    ["message id 2^53", fullFrame({ message: "0020000000000000" })],
    ["message id and index over 2^53-1", fullFrame({ message: "001fffffffffffff", index: "00000001" })],
    ["a field of 2^53", controlFrame(field("02", "0020000000000000"))],
  ],
  index_beyond_total: [
    ["index 3 of 3", fullFrame({ index: "00000003", total: "00000003" })],
    ["index 9 of 1, of a START", fullFrame({ ...START, index: "00000009", total: "00000001" })],
  ],
  fields_too_large: [
    [
      "4 097 bytes of fields",
      { hex: compactFrame({ bits: "81", length: "00001003", payload: "1001" }), filling: { hex: "00", times: 4_097 } },
    ],
    [
      "4 097 bytes of control",
      { hex: controlFrame("").replace(/00000000$/, "00001001"), filling: { hex: "00", times: 4_097 } },
    ],
    [
      "4 097 bytes of a full frame's fields",
      { hex: fullFrame({ length: "0000101d", fieldsLength: "1001" }), filling: { hex: "00", times: 4_097 } },
    ],
  ],
  fields_outside_payload: [
    ["EXT without a length of fields", compactFrame({ bits: "81" })],
    ["EXT with half a length of fields", compactFrame({ bits: "81", payload: "00" })],
    ["a byte of fields that is not there", compactFrame({ bits: "81", payload: "0001" })],
    ["a full frame's byte of fields that is not there", fullFrame({ fieldsLength: "0001" })],
    ["a field cut short in its header", controlFrame("8300")],
    ["a field cut short in its value", controlFrame("020008 00000000000000")],
    ["a field that would reach into the data", compactFrame({ bits: "81", payload: "0003 110002 6162" })],
  ],
  unexpected_data: [
    ["a START with data", fullFrame({ ...START, fieldsLength: "0000", rest: "00" })],
    ["an ERROR with data", fullFrame({ ...ERROR, fieldsLength: "0000", rest: "6162" })],
  ],
  field_repeated: [
    ["open twice", controlFrame(field("83", "") + field("83", ""))],
    ["lane twice, differently", controlFrame(field("01", "01") + field("01", "02"))],
  ],
  field_misplaced: [
    ["open of the connection", controlFrame(field("83", ""), "00000000")],
    ["hello on a stream", controlFrame(field("90", textHex("{}")))],
    ["cum in a CHUNK", compactFrame({ bits: "81", payload: `000b${field("02", "0000000000000000")}` })],
    ["sha256 in a CHUNK", compactFrame({ bits: "81", payload: `0023${field("0f", "00".repeat(32))}` })],
    ["of in an END", compactFrame({ mark: "c6", bits: "81", payload: `000b${field("13", "0000000000000001")}` })],
    ["code in a START", fullFrame({ ...START, rest: field("98", "61") })],
    ["kind in an ERROR", fullFrame({ ...ERROR, rest: field("80", "01") })],
  ],
  field_malformed: [
    ["u8: lane 0", controlFrame(field("01", "00"))],
    ["u8: lane 3", controlFrame(field("01", "03"))],
    ["u8: lane of two bytes", controlFrame(field("01", "0001"))],
    ["u8: kind 6", fullFrame({ ...START, rest: field("80", "06") })],
    ["u8: type 4", fullFrame({ ...START, rest: field("2e", "04") })],
    ["u32 of three bytes", fullFrame({ ...START, rest: field("21", "000001") })],
    ["u64 of four bytes", controlFrame(field("02", "00000001"))],
    ["f64 of four bytes", controlFrame(field("12", "00000000"))],
    ["f64: not a number", controlFrame(field("12", "7ff8000000000000"))],
    ["f64: infinite", controlFrame(field("12", "7ff0000000000000"))],
    ["f64: negative zero", controlFrame(field("12", "8000000000000000"))],
    ["string that is no UTF-8", controlFrame(field("0c", "ff"))],
    ["string with a surrogate in UTF-8", controlFrame(field("0c", "eda080"))],
    ["name: empty", named("")],
    ["name of 129 bytes", named("x".repeat(129))],
    ["name with a line break", named("a\nb")],
    ["name with a control character of Latin 1", named("a\u0085b")],
    ["name of UUID form in upper case", named("018F4D3C-8B2A-7C11-9D6E-2F1A0B3C4D5E")],
    ["name of UUID form, version 5", named("dfe47992-9b04-5445-b60b-ea9b733561f1")],
    ["name: the nil UUID", named("00000000-0000-0000-0000-000000000000")],
    ["name that is no UTF-8", fullFrame({ ...START, rest: field("20", "c3") })],
    ["bytes: a seq of 39", fullFrame({ ...START, rest: field("28", "00".repeat(39)) })],
    ["bytes: an incarnation of 9", controlFrame(field("27", "00".repeat(9)))],
    ["ranges: half a pair", controlFrame(field("03", "0000000000000001"))],
    ["ranges: a reversed pair", controlFrame(field("03", range("5", "4")))],
    ["ranges that descend", controlFrame(field("03", range("8", "9") + range("1", "2")))],
    ["ranges that overlap", controlFrame(field("04", range("1", "5") + range("5", "9")))],
    ["ranges up to 2^53", controlFrame(field("07", range("1", "20000000000000")))],
    [
      "ranges: 65",
      controlFrame(
        field("08", Array.from({ length: 65 }, (_, i) => range((2 * i).toString(16), (2 * i).toString(16))).join("")),
      ),
    ],
    ["flag with a byte", controlFrame(field("83", "00"))],
    ["json: none", controlFrame(field("82", textHex("{")))],
    ["json: empty", controlFrame(field("82", ""))],
    ["json: an array", controlFrame(field("82", textHex("[]")))],
    ["json: null", controlFrame(field("84", textHex("null")))],
    ["json that is no UTF-8", controlFrame(field("82", "ff"))],
    ["json with a byte order mark", controlFrame(field("82", `efbbbf${textHex("{}")}`))],
    ["outcome without a status", json('{"main":0,"error":0}')],
    ["outcome of an unknown status", json('{"status":"well","main":0,"error":0}')],
    ["outcome without the lanes' ends", json('{"status":"done"}')],
    ["outcome with a fraction of a chunk", json('{"status":"done","main":1.5,"error":0}')],
    ["outcome with an exit code in words", json('{"status":"error","exitCode":"3","main":0,"error":0}')],
  ],
}

/** Frames that are sound, and that a reader has to refuse all the same. */
const UNSUPPORTED: readonly Case[] = [
  ["an unknown critical field of control", controlFrame(field("ff", "00"))],
  ["an unknown critical field of the connection", controlFrame(field("9f", ""), "00000000")],
  ["an unknown critical field of a START", fullFrame({ ...START, rest: field("8f", "01") })],
  ["a compressed frame", compactFrame({ bits: "09", payload: "61" })],
  ["an encrypted frame", compactFrame({ bits: "11", payload: "61" })],
  ["a compressed full frame", fullFrame({ flags: "08" })],
]

/** Every message that is refused, with what the codec says of it. */
export function invalidFrames(): readonly InvalidVector[] {
  const faulty = Object.entries(FAULTY).flatMap(([fault, cases]) =>
    cases.map(([name, message]): Case => [`${fault}: ${name}`, message]),
  )
  const unsupported = UNSUPPORTED.map(([name, message]): Case => [`unsupported: ${name}`, message])
  return [...faulty, ...unsupported].map(([name, message]) => {
    const bytes = typeof message === "string" ? { hex: message } : message
    return { name, ...bytes, ...refusal(bytes) }
  })
}

/** What a reader says. @throws Error when it finds nothing wrong */
function refusal(bytes: Bytes & Pick<InvalidVector, "accepts">): Pick<InvalidVector, "code" | "fault" | "offset"> {
  const reader = new MessageReader({ acceptedFlags: acceptedFlagsOf(bytes.accepts ?? []) })
  let offset = 0
  try {
    reader.load(messageOf(bytes))
    for (offset = reader.frameEnd; reader.next(); offset = reader.frameEnd) reader.fields()
  } catch (error) {
    if (!(error instanceof BusError) || !isErrorCode(error.code)) throw error
    const { fault } = error.details
    return { code: error.code, ...(fault !== undefined && { fault: fault as FramingFault }), offset }
  }
  throw new Error(`nothing is wrong with ${bytes.hex}`)
}
