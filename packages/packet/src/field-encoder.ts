import type { ByteBuffer } from "./byte-buffer.ts"
import { writeU16, writeU32, writeU64 } from "./bytes.ts"
import { BusError } from "./errors.ts"
import { type FieldName, type FieldPlace, type Fields, PLACE_BIT, WIRE_FIELDS, type WireField } from "./field-table.ts"
import { LIMITS } from "./limits.ts"
import { assertName } from "./names.ts"
import { parseOutcome } from "./outcome.ts"
import { isRangeList, type RangeList } from "./ranges.ts"
import { writeUtf8 } from "./text.ts"

interface Entry {
  readonly name: FieldName
  readonly row: WireField
  readonly order: number
}

const ENTRIES = new Map(
  (Object.keys(WIRE_FIELDS) as FieldName[]).map((name, order): [string, Entry] => [
    name,
    { name, row: WIRE_FIELDS[name], order },
  ]),
)
const HEADER_BYTES = 3

/**
 * Appends fields in the order of the table.
 * @throws BusError `invalid_argument` for a field that may not stand here or a value that it may not have, `too_large`
 * over 4 KiB; bytes up to there stay in the buffer, for the caller to take back
 */
export function encodeFields(out: ByteBuffer, fields: Fields, place: FieldPlace): void {
  const start = out.length
  for (const { name, row } of inTableOrder(fields)) {
    if ((row.where & PLACE_BIT[place]) === 0) throw invalid(name, `may not stand in a frame of this kind (${place})`)
    encodeField(out, name, row, fields[name])
    if (out.length - start > LIMITS.fieldsBytes)
      throw new BusError("too_large", "a frame's fields are over 4 KiB", { details: { limit: LIMITS.fieldsBytes } })
  }
}

/** The fields that there are. Insertion sort: they are few, and mostly in order already. */
function inTableOrder(fields: Fields): readonly Entry[] {
  const entries: Entry[] = []
  for (const name in fields) {
    const entry = ENTRIES.get(name)
    if (entry === undefined || fields[entry.name] === undefined) continue
    let at = entries.length
    while (at > 0 && entries[at - 1]!.order > entry.order) at--
    if (at === entries.length) entries.push(entry)
    else entries.splice(at, 0, entry)
  }
  return entries
}

function invalid(name: FieldName, why: string): BusError {
  return new BusError("invalid_argument", `the field ${name} ${why}`)
}

function encodeField(out: ByteBuffer, name: FieldName, row: WireField, value: unknown): void {
  const header = out.length
  out.reserve(HEADER_BYTES)[header] = row.id
  out.length += HEADER_BYTES
  encodeValue(out, name, row, value)
  const bytes = out.length - header - HEADER_BYTES
  if (bytes > LIMITS.fieldsBytes)
    throw new BusError("too_large", `the field ${name} is over 4 KiB`, { details: { limit: LIMITS.fieldsBytes } })
  writeU16(out.reserve(0), header + 1, bytes)
}

function encodeValue(out: ByteBuffer, name: FieldName, row: WireField, value: unknown): void {
  switch (row.type) {
    case "u8":
      encodeNumber(out, name, value as number, row.size, 1)
      break
    case "u32":
      encodeNumber(out, name, value as number, 0xffff_ffff, 4)
      break
    case "u64":
      encodeNumber(out, name, value as number, Number.MAX_SAFE_INTEGER, 8)
      break
    case "f64":
      encodeF64(out, name, value as number)
      break
    case "string":
      encodeString(out, value as string)
      break
    case "name":
      assertName(value as string, name)
      encodeString(out, value as string)
      break
    case "bytes":
      encodeBytes(out, name, value as Uint8Array, row.size)
      break
    case "ranges":
      encodeRanges(out, name, value as RangeList)
      break
    case "json":
      // An outcome's fields get their fixed order, so that one outcome has one form.
      encodeString(out, JSON.stringify(name === "outcome" ? parseOutcome(value) : value))
      break
    case "flag":
      break
  }
}

function encodeNumber(out: ByteBuffer, name: FieldName, value: number, max: number, width: 1 | 4 | 8): void {
  if (!Number.isInteger(value) || value < (width === 1 ? 1 : 0) || value > max) throw invalid(name, "is out of range")
  const bytes = out.reserve(width)
  if (width === 8) writeU64(bytes, out.length, value)
  else if (width === 4) writeU32(bytes, out.length, value)
  else bytes[out.length] = value
  out.length += width
}

function encodeF64(out: ByteBuffer, name: FieldName, value: number): void {
  if (!Number.isFinite(value)) throw invalid(name, "is not a finite number")
  const bytes = out.reserve(8)
  // JSON has no negative zero: adding zero makes it the positive one.
  new DataView(bytes.buffer, bytes.byteOffset + out.length, 8).setFloat64(0, value + 0)
  out.length += 8
}

function encodeString(out: ByteBuffer, text: string): void {
  out.length += writeUtf8(text, out.reserve(3 * text.length), out.length)
}

function encodeBytes(out: ByteBuffer, name: FieldName, value: Uint8Array, length: number): void {
  if (value.length !== length) throw invalid(name, `has ${length} bytes`)
  out.reserve(value.length).set(value, out.length)
  out.length += value.length
}

function encodeRanges(out: ByteBuffer, name: FieldName, ranges: RangeList): void {
  if (!isRangeList(ranges)) throw invalid(name, "is not an ascending list of at most 64 ranges")
  const bytes = out.reserve(16 * ranges.length)
  for (const [first, last] of ranges) {
    writeU64(bytes, out.length, first)
    writeU64(bytes, out.length + 8, last)
    out.length += 16
  }
}
