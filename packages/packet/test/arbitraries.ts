import fc from "fast-check"
import {
  FIELDS,
  type FieldName,
  type FieldPlace,
  type FieldRow,
  type Fields,
  isName,
  type Outcome,
} from "../src/index.ts"

export const u64 = fc.oneof(fc.nat(20), fc.maxSafeNat())
export const u32 = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 0xffff_ffff }))
export const names = fc.oneof(
  fc.constantFrom("clientA", "clientB", "job.42", "task.*", "zażółć", "dispatcher"),
  fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter(isName),
  fc.uuid({ version: [1, 4, 7] }),
)
export const text = fc.string({ maxLength: 30, unit: "grapheme" })
export const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

/** Ascending and never adjacent, as writers make them. */
export const ranges = fc.array(fc.tuple(fc.integer({ min: 2, max: 9 }), fc.nat(5)), { maxLength: 64 }).map((steps) => {
  let at = 0
  return steps.map(([step, length]): [number, number] => {
    const first = at + step
    at = first + length
    return [first, at]
  })
})

/** Put through JSON once: what JSON cannot say, such as -0, is no part of the protocol. */
export const object = fc
  .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)))

export const outcome: fc.Arbitrary<Outcome> = fc
  .record(
    {
      status: fc.constantFrom("done", "error", "cancelled", "expired"),
      code: text,
      message: text,
      reason: text,
      exitCode: fc.integer(),
      signal: text,
      main: u64,
      error: u64,
    },
    { requiredKeys: ["status", "main", "error"] },
  )
  .map((value) => value as Outcome)

function fieldValue(name: FieldName, row: FieldRow): fc.Arbitrary<unknown> {
  if (name === "outcome") return outcome
  const byType: Record<FieldRow["type"], () => fc.Arbitrary<unknown>> = {
    u8: () => fc.integer({ min: 1, max: row.values?.length ?? 255 }),
    u32: () => u32,
    u64: () => u64,
    f64: () => fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    string: () => text,
    name: () => names,
    bytes: () => bytesOf(row.length!),
    ranges: () => ranges,
    json: () => object,
    flag: () => fc.constant(true),
  }
  return byType[row.type]()
}

/** Any fields that may stand in a frame, at most 4 KiB of them. */
export function fieldsAt(place: FieldPlace): fc.Arbitrary<Fields> {
  const rows = (Object.entries(FIELDS) as [FieldName, FieldRow][]).filter(([, row]) => row.where.includes(place))
  const all = Object.fromEntries(rows.map(([name, row]) => [name, fieldValue(name, row)]))
  const one = fc.constantFrom(...rows).chain(([name]) => fc.record({ [name]: all[name]! }))
  const two = fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b }))
  const some = fc.record(all, { requiredKeys: [] }).filter((fields) => JSON.stringify(fields).length < 1_500)
  return fc.oneof(fc.constant({}), one, two, some) as fc.Arbitrary<Fields>
}
