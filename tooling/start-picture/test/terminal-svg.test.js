import { expect, test } from "vitest"
import { terminalSvg } from "../src/terminal-svg.js"

const options = { command: "npm start", columns: 80, title: "A title", description: "What it shows" }
/** @param {string} text */
const spans = (text) => [{ column: 0, text, colour: 2, isBold: false, isDim: false }]

test("tells screen readers what it shows, and lets no text be markup", () => {
  const svg = terminalSvg([{ row: 0, fromMs: 0, toMs: undefined, spans: spans('<b> & "x"') }], options)
  expect(svg).toContain('role="img" aria-labelledby="title desc"')
  expect(svg).toContain('<title id="title">A title</title>')
  expect(svg).toContain("&#60;b&#62; &#38; &#34;x&#34;")
})

test("ends with the newest rows in sight, also without motion", () => {
  const lines = Array.from({ length: 50 }, (_, row) => ({ row, fromMs: row, toMs: undefined, spans: spans("x") }))
  const svg = terminalSvg(lines, options)
  expect(svg).toContain(".rows { transform: translateY(-320px) }")
  expect(svg).toContain("100.000% { transform: translateY(-320px) }")
})

test("hides in the end what was drawn over", () => {
  const svg = terminalSvg([{ row: 0, fromMs: 100, toMs: 350, spans: spans("50 %") }], options)
  expect(svg).toContain('<g class="gone" style="animation-delay:0.100s;animation-duration:0.250s">')
})
