import { expect, test } from "vitest"
import { screenLines } from "../src/screen-lines.js"

const plain = { colour: undefined, isBold: false, isDim: false }

test("notes when each row showed what, with redrawn ones as often as they were drawn", async () => {
  const lines = await screenLines(
    [
      { atMs: 0, data: "one\r\n" },
      { atMs: 10, data: "\r\u001b[2K 50 %" },
      { atMs: 20, data: "\r\u001b[2K100 %\r\n" },
    ],
    40,
  )
  expect(lines).toEqual([
    { row: 0, fromMs: 0, toMs: undefined, spans: [{ column: 0, text: "one", ...plain }] },
    { row: 1, fromMs: 10, toMs: 20, spans: [{ column: 0, text: " 50 %", ...plain }] },
    { row: 1, fromMs: 20, toMs: undefined, spans: [{ column: 0, text: "100 %", ...plain }] },
  ])
})

test("parts a row where its style changes", async () => {
  const [line] = await screenLines([{ atMs: 0, data: "a \u001b[33mwarning\u001b[0m \u001b[1mbold\u001b[0m" }], 40)
  expect(line?.spans).toEqual([
    { column: 0, text: "a ", ...plain },
    { column: 2, text: "warning", ...plain, colour: 3 },
    { column: 10, text: "bold", ...plain, isBold: true },
  ])
})
