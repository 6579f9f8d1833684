import fc from "fast-check"
import { expect, test } from "vitest"
import { LineAssembler, MAX_LINE_CHARS } from "../../../src/browser/watch/line-assembler.ts"
import type { LineRow } from "../../../src/browser/watch/log-row.ts"

const encoder = new TextEncoder()

function assemble(chunks: readonly Uint8Array[]): LineRow[] {
  const rows: LineRow[] = []
  const assembler = new LineAssembler("main", { added: (row) => rows.push(row), grown: () => {} })
  for (const [chunk, bytes] of chunks.entries()) assembler.push(chunk, bytes)
  return rows
}

test("however the bytes are cut into chunks, the lines are those of the whole", () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom("a", "ß", "語", "🙂", " ") }), { maxLength: 8 })
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (lines, cuts) => {
      const whole = encoder.encode(lines.join("\n"))
      const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
      const chunks = places.slice(1).map((end, index) => whole.subarray(places[index], end))
      const expected = lines.at(-1) === "" ? lines.slice(0, -1) : lines
      expect(assemble(chunks).map(({ text }) => text)).toEqual(expected)
    }),
  )
})

test("a line that has begun is there, and grows", () => {
  const grown: string[] = []
  const rows: LineRow[] = []
  const assembler = new LineAssembler("error", {
    added: (row) => rows.push(row),
    grown: ({ text }) => grown.push(text),
  })
  assembler.push(0, encoder.encode("Once"))
  expect(rows.map(({ text }) => text)).toEqual(["Once"])
  assembler.push(1, encoder.encode(" upon"))
  assembler.push(2, encoder.encode(" a time\nThe"))
  expect(grown).toEqual(["Once upon", "Once upon a time"])
  expect(rows.map(({ text, chunk, beginsChunk }) => [text, chunk, beginsChunk])).toEqual([
    ["Once upon a time", 0, true],
    ["The", 2, true],
  ])
})

test("a chunk's number stands at the first line that it began", () => {
  const rows = assemble([encoder.encode("a\nb\n"), encoder.encode("c\n")])
  expect(rows.map(({ chunk, beginsChunk }) => [chunk, beginsChunk])).toEqual([
    [0, true],
    [0, false],
    [1, true],
  ])
})

test("a line without end becomes several rows", () => {
  const long = "x".repeat(MAX_LINE_CHARS * 2 + 5)
  const rows = assemble([encoder.encode(long.slice(0, 1_000)), encoder.encode(`${long.slice(1_000)}\nend`)])
  expect(rows.map(({ text }) => text.length)).toEqual([MAX_LINE_CHARS, MAX_LINE_CHARS, 5, 3])
})

test("after a gap a new line begins, and half a character is not finished by what follows", () => {
  const rows: LineRow[] = []
  const assembler = new LineAssembler("main", { added: (row) => rows.push(row), grown: () => {} })
  assembler.push(0, Uint8Array.of(0x61, 0xc3))
  assembler.interrupt()
  assembler.push(5, encoder.encode("b"))
  expect(rows.map(({ text }) => text)).toEqual(["a", "b"])
})
