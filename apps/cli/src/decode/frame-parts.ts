import {
  ChunkFlag,
  Codec,
  codecOf,
  decodeUtf8,
  FIELDS,
  type FieldName,
  type FieldRow,
  FrameType,
  HopFlag,
  Lane,
  laneName,
  type MessageReader,
  type RangeList,
  rangesToJson,
  toHex,
  URGENCY_MASK,
  Urgency,
} from "@luxbus/packet"
import { jsonText, type Row } from "./rows.ts"

const TYPES: Readonly<Record<FrameType, string>> = {
  [FrameType.error]: "ERROR",
  [FrameType.start]: "START",
  [FrameType.chunk]: "CHUNK",
  [FrameType.end]: "END",
}
/** What text has of control characters: white space, and the beginning of a terminal's colours. */
const CONTROL_IN_TEXT = /[\t\n\r]|\p{Cc}\[/gu
const FIELD_ROWS = Object.entries(FIELDS) as readonly (readonly [FieldName, FieldRow])[]

/** The type of the reader's current frame. */
export function typeText({ type }: MessageReader): string {
  return TYPES[type]
}

/** Its lane, by name. */
export function laneText({ lane }: MessageReader): string {
  return lane === Lane.control ? "control" : laneName(lane)
}

/** Whether it is control: a compact frame that states something. */
export function isControl({ lane, compact }: MessageReader): boolean {
  return compact && lane === Lane.control
}

/** Whether it is a chunk of data, the last one of its lane included. */
export function isData(reader: MessageReader): boolean {
  return (reader.type === FrameType.chunk || reader.type === FrameType.end) && !isControl(reader)
}

/** The names of its flags, end-to-end ones first. */
export function flagNames({ hop, flags }: MessageReader): readonly string[] {
  const named = (bits: number, names: Readonly<Record<string, number>>) =>
    Object.entries(names).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [snakeCase(name)]))
  const urgency = hop & URGENCY_MASK
  return [
    ...named(flags, ChunkFlag),
    ...named(hop, HopFlag),
    ...(urgency === Urgency.normal ? [] : [urgency === Urgency.high ? "high urgency" : "low urgency"]),
  ]
}

/** Its fields, by name. */
export function fieldRows(reader: MessageReader): readonly Row[] {
  const fields = reader.fields()
  return FIELD_ROWS.flatMap(([name, row]) => {
    const value = fields[name]
    return value === undefined ? [] : [[name, fieldText(row, value)] as const]
  })
}

/**
 * Its data: text that is text in quotes, all else as hexadecimal digits.
 * @param most how many bytes or characters are shown; the rest is counted
 */
export function dataRow(reader: MessageReader, most: number): Row {
  const data = reader.data()
  const text = textOf(data, reader.flags)
  return text === undefined
    ? ["hex", `${toHex(data.subarray(0, most))}${more(data.length - most, "bytes")}`]
    : ["text", `${jsonText(text.slice(0, most))}${more(text.length - most, "characters")}`]
}

/** What a job writes has the codec bytes, and is mostly text: it is shown as text where it can be nothing else. */
function textOf(data: Uint8Array, flags: number): string | undefined {
  if ((flags & (ChunkFlag.compressed | ChunkFlag.encrypted)) !== 0) return undefined
  const text = decodeUtf8(data)
  const codec = codecOf(flags)
  const isText =
    codec === Codec.utf8 || codec === Codec.json || !/\p{Cc}/u.test((text ?? "").replace(CONTROL_IN_TEXT, ""))
  return isText ? text : undefined
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function fieldText(row: FieldRow, value: unknown): string {
  if (row.values !== undefined) return row.values[(value as number) - 1] ?? String(value)
  switch (row.type) {
    case "bytes":
      return toHex(value as Uint8Array)
    case "ranges":
      return jsonText(rangesToJson(value as RangeList))
    case "flag":
      return "yes"
    default:
      return jsonText(value)
  }
}

function more(rest: number, what: string): string {
  return rest > 0 ? ` … ${rest} ${what} more` : ""
}
