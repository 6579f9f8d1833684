import { type FieldName, type FieldPlace, type FieldType, PLACE_BIT, WIRE_FIELDS } from "./field-table.ts"

/** One row of {@link FIELDS}. */
export interface FieldRow {
  /** On the wire, u8. From 0x80 on it is critical: who does not know it answers `unsupported`. */
  readonly id: number
  readonly type: FieldType
  /** Name in JSON. */
  readonly json: string
  readonly where: readonly FieldPlace[]
  /** Of `bytes`: how many. */
  readonly length?: number
  /** Of `u8`: the values from 1 on, by their names in JSON. No other value is allowed. */
  readonly values?: readonly string[]
}

/** Names in JSON that are not the field's own in snake case. */
const JSON_NAMES: { readonly [N in FieldName]?: string } = { name: "uid" }

/** What the numbers of u8 fields are in JSON, from 1 on. */
export const FIELD_VALUES = {
  lane: ["main", "error"],
  type: ["command", "event", "stream"],
  role: ["consumer", "provider", "member"],
  kind: ["hosted", "relayed", "publish", "delivery", "register"],
} as const satisfies { readonly [N in FieldName]?: readonly string[] }

/** Every field (TLV) of the protocol, in the order in which writers put them. */
export const FIELDS: Readonly<Record<FieldName, FieldRow>> = /* @__PURE__ */ allFields()

function allFields(): Readonly<Record<FieldName, FieldRow>> {
  const names = Object.keys(WIRE_FIELDS) as FieldName[]
  return Object.fromEntries(names.map((name) => [name, fieldRow(name)])) as Record<FieldName, FieldRow>
}

function fieldRow(name: FieldName): FieldRow {
  const { id, type, where, size } = WIRE_FIELDS[name]
  const values = valuesOf(name)
  return {
    id,
    type,
    json: JSON_NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    where: (Object.keys(PLACE_BIT) as FieldPlace[]).filter((place) => (where & PLACE_BIT[place]) !== 0),
    ...(type === "bytes" && { length: size }),
    ...(values !== undefined && { values }),
  }
}

function valuesOf(name: FieldName): readonly string[] | undefined {
  const byName: { readonly [N in FieldName]?: readonly string[] } = FIELD_VALUES
  return byName[name]
}
