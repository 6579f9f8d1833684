import { fromHex, toHex } from "./bytes.ts"
import type { FieldName, Fields } from "./field-table.ts"
import { FIELDS, type FieldRow } from "./fields.ts"
import type { Packet } from "./packet.ts"
import { foldRanges, type RangeList, rangesToJson } from "./ranges.ts"

// What these say in JSON depends on the frame, so the framer writes and reads them itself.
const CONTEXTUAL: ReadonlySet<FieldName> = new Set([
  "name",
  "to",
  "from",
  "alias",
  "type",
  "epoch",
  "lane",
  "of",
  "origin",
  "subject",
  "complete",
])

function converted(): readonly (readonly [FieldName, FieldRow])[] {
  const rows = Object.entries(FIELDS) as readonly (readonly [FieldName, FieldRow])[]
  return rows.filter(([name]) => !CONTEXTUAL.has(name))
}

const ENTRIES = /* @__PURE__ */ converted()

/** Writes a frame's fields as JSON, those aside that depend on the frame. */
export function fieldsToJson(fields: Fields): Partial<Packet> {
  const packet: Record<string, unknown> = {}
  for (const [name, row] of ENTRIES) {
    const value = fields[name]
    if (value !== undefined) packet[row.json] = valueToJson(row, value)
  }
  return packet
}

/**
 * Reads the fields that a packet has, those aside that depend on the frame.
 * @throws BusError `protocol` for a range list that is none
 */
export function fieldsFromJson(packet: Packet): Fields {
  const fields: Record<string, unknown> = {}
  const given: { readonly [name: string]: unknown } = { ...packet }
  for (const [name, row] of ENTRIES) {
    const value = given[row.json]
    if (value !== undefined) fields[name] = valueFromJson(row, value)
  }
  return fields as Fields
}

function valueToJson(row: FieldRow, value: unknown): unknown {
  if (row.values !== undefined) return row.values[(value as number) - 1]
  if (row.type === "ranges") return rangesToJson(value as RangeList)
  return row.type === "bytes" ? toHex(value as Uint8Array) : value
}

function valueFromJson(row: FieldRow, value: unknown): unknown {
  if (row.values !== undefined) return row.values.indexOf(value as string) + 1
  if (row.type === "ranges") return foldRanges(value as readonly unknown[])
  return row.type === "bytes" ? fromHex(value as string) : value
}
