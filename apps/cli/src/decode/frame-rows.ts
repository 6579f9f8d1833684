import {
  AliasBit,
  ChunkFlag,
  Codec,
  codecOf,
  decodeUtf8,
  FIELDS,
  type FieldName,
  type FieldRow,
  FrameType,
  HopFlag,
  idToString,
  isNilId,
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

/** Data beyond this many bytes is counted, not shown. */
const SHOWN_BYTES = 512

const TYPES: Readonly<Record<FrameType, string>> = {
  [FrameType.error]: "ERROR",
  [FrameType.start]: "START",
  [FrameType.chunk]: "CHUNK",
  [FrameType.end]: "END",
}
const CODECS = Object.keys(Codec)
const FIELD_ROWS = Object.entries(FIELDS) as readonly (readonly [FieldName, FieldRow])[]

/** The reader's current frame, row by row: its header, then fields by name, then data. */
export function frameRows(reader: MessageReader): readonly Row[] {
  const carriesData = reader.type === FrameType.chunk || reader.type === FrameType.end
  const control = reader.lane === Lane.control && reader.compact
  return [
    ["offset", `${reader.frameStart}, ${reader.frameEnd - reader.frameStart} bytes`],
    ["type", `${reader.compact ? "compact" : "full"} ${TYPES[reader.type]}`],
    ["lane", reader.lane === Lane.control ? "control" : laneName(reader.lane)],
    ["flags", flagNames(reader).join(", ") || "none"],
    ...(reader.compact ? [["alias", aliasText(reader.alias)] as const] : idRows(reader)),
    ...(control ? [] : [["number", String(reader.number)] as const]),
    ...fieldRows(reader),
    ...(carriesData && !control ? dataRows(reader) : []),
  ]
}

function flagNames({ hop, flags }: MessageReader): readonly string[] {
  const named = (bits: number, names: Readonly<Record<string, number>>) =>
    Object.entries(names).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [snakeCase(name)]))
  const urgency = hop & URGENCY_MASK
  return [
    ...named(flags, ChunkFlag),
    ...named(hop, HopFlag),
    ...(urgency === Urgency.normal ? [] : [urgency === Urgency.high ? "high urgency" : "low urgency"]),
  ]
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** An alias without its bits, and whose it is. */
function aliasText(alias: number): string {
  if (alias === 0) return "0, the connection"
  const number = alias & ~(AliasBit.receiver | AliasBit.broker)
  const owners = [
    ...((alias & AliasBit.broker) === 0 ? [] : ["broker-wide"]),
    ...((alias & AliasBit.receiver) === 0 ? [] : ["the receiver's"]),
  ]
  return [number, ...owners].join(", ")
}

function idRows(reader: MessageReader): readonly Row[] {
  const { requestId, clientId, peerId, ...header } = reader.full()
  const id = (name: string, value: Uint8Array): readonly Row[] => (isNilId(value) ? [] : [[name, idToString(value)]])
  const number = (name: string, value: number | undefined): readonly Row[] => (value ? [[name, String(value)]] : [])
  return [
    ...id("request id", requestId),
    ...id("client id", clientId),
    ...id("peer id", peerId),
    ...number("deadline", header.deadlineMs).map(([name, ms]): Row => [name, `${ms} ms`]),
    ...number("total size", header.totalSize),
    ...number("chunk index", header.chunkIndex),
    ...number("total chunks", header.totalChunks),
    ...number("epoch", header.epoch),
  ]
}

function fieldRows(reader: MessageReader): readonly Row[] {
  const fields = reader.fields()
  return FIELD_ROWS.flatMap(([name, row]) => {
    const value = fields[name]
    return value === undefined ? [] : [[name, fieldText(row, value)] as const]
  })
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

function dataRows(reader: MessageReader): readonly Row[] {
  const data = reader.data()
  const codec = codecOf(reader.flags)
  const opaque = (reader.flags & (ChunkFlag.compressed | ChunkFlag.encrypted)) !== 0
  const rows: readonly Row[] = [["codec", CODECS[codec] ?? ""]]
  if (data.length === 0) return [...rows, ["data", "none"]]
  const text = opaque || codec === Codec.bytes || codec === Codec.named ? undefined : decodeUtf8(data)
  return [
    ...rows,
    ["data", `${data.length} bytes`],
    text === undefined ? ["hex", shownHex(data)] : ["text", shown(text)],
  ]
}

function shownHex(data: Uint8Array): string {
  const rest = data.length - SHOWN_BYTES
  return `${toHex(data.subarray(0, SHOWN_BYTES))}${rest > 0 ? ` … ${rest} bytes more` : ""}`
}

function shown(text: string): string {
  const rest = text.length - SHOWN_BYTES
  return `${jsonText(text.slice(0, SHOWN_BYTES))}${rest > 0 ? ` … ${rest} characters more` : ""}`
}
