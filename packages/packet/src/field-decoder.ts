import { readU16, readU32, readU64 } from "./bytes.ts"
import { BusError } from "./errors.ts"
import { type FieldName, type FieldPlace, type Fields, PLACE_BIT, WIRE_FIELDS, type WireField } from "./field-table.ts"
import { type FramingFault, framingError } from "./framing-fault.ts"
import { isJsonObject } from "./json.ts"
import { isName } from "./names.ts"
import { isOutcome, parseOutcome } from "./outcome.ts"
import { isRangeList, type Range, type RangeList } from "./ranges.ts"
import { decodeUtf8 } from "./text.ts"

const CRITICAL = 0x80
const HEADER_BYTES = 3

const BY_ID: ReadonlyMap<number, FieldName> = /* @__PURE__ */ new Map(
  (Object.keys(WIRE_FIELDS) as FieldName[]).map((name) => [WIRE_FIELDS[name].id, name]),
)

/**
 * Reads the fields in `bytes[start, end)`. Unknown ones below 0x80 are skipped.
 * @throws BusError `protocol` with `details.fault`, or `unsupported` for an unknown critical field
 */
export function decodeFields(bytes: Uint8Array, start: number, end: number, place: FieldPlace): Fields {
  const fields: Record<string, unknown> = {}
  for (let at = start; at < end; ) {
    if (at + HEADER_BYTES > end) throw framingError("fields_outside_payload")
    const id = bytes[at]!
    const from = at + HEADER_BYTES
    at = from + readU16(bytes, at + 1)
    if (at > end) throw framingError("fields_outside_payload")
    const name = BY_ID.get(id)
    if (name === undefined) {
      assertSkippable(id)
      continue
    }
    const row: WireField = WIRE_FIELDS[name]
    if (fields[name] !== undefined) throw framingError("field_repeated", name)
    if ((row.where & PLACE_BIT[place]) === 0) throw framingError("field_misplaced", name)
    fields[name] = decodeValue(name, row, bytes, from, at)
  }
  return fields as Fields
}

function assertSkippable(id: number): void {
  if (id >= CRITICAL) throw new BusError("unsupported", "a critical field is unknown", { details: { id } })
}

function check(valid: boolean, name: FieldName, fault: FramingFault = "field_malformed"): void {
  if (!valid) throw framingError(fault, name)
}

// In place: most fields are small numbers, and a view of each would cost more than reading it.
function decodeValue(name: FieldName, row: WireField, bytes: Uint8Array, start: number, end: number): unknown {
  const length = end - start
  switch (row.type) {
    case "u8":
      check(length === 1 && bytes[start]! >= 1 && bytes[start]! <= row.size, name)
      return bytes[start]
    case "u32":
      check(length === 4, name)
      return readU32(bytes, start)
    case "u64":
      check(length === 8, name)
      return decodeU64(name, bytes, start)
    case "f64":
      check(length === 8, name)
      return decodeF64(name, bytes, start)
    case "string":
      return decodeString(name, bytes.subarray(start, end))
    case "name":
      return decodeName(name, bytes.subarray(start, end))
    case "bytes":
      check(length === row.size, name)
      return bytes.subarray(start, end)
    case "ranges":
      return decodeRanges(name, bytes, start, end)
    case "json":
      return decodeJson(name, bytes.subarray(start, end))
    case "flag":
      check(length === 0, name)
      return true
  }
}

function decodeU64(name: FieldName, bytes: Uint8Array, at: number): number {
  const number = readU64(bytes, at)
  check(number >= 0, name, "number_too_large")
  return number
}

function decodeF64(name: FieldName, bytes: Uint8Array, at: number): number {
  const number = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0)
  check(Number.isFinite(number) && !Object.is(number, -0), name)
  return number
}

function decodeString(name: FieldName, value: Uint8Array): string {
  const text = decodeUtf8(value)
  if (text === undefined) throw framingError("field_malformed", name)
  return text
}

function decodeName(name: FieldName, value: Uint8Array): string {
  const text = decodeString(name, value)
  check(isName(text), name)
  return text
}

function decodeRanges(name: FieldName, bytes: Uint8Array, start: number, end: number): RangeList {
  check((end - start) % 16 === 0, name)
  const ranges: Range[] = []
  for (let at = start; at < end; at += 16) ranges.push([readU64(bytes, at), readU64(bytes, at + 8)])
  check(isRangeList(ranges), name)
  return ranges
}

function decodeJson(name: FieldName, value: Uint8Array): unknown {
  const parsed = parseJson(name, decodeString(name, value))
  check(isJsonObject(parsed), name)
  if (name !== "outcome") return parsed
  check(isOutcome(parsed), name)
  return parseOutcome(parsed)
}

function parseJson(name: FieldName, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw framingError("field_malformed", name)
  }
}
