/** @typedef {import("./screen-lines.js").Line} Line */
/** @typedef {import("./screen-lines.js").Span} Span */

const FONT_PX = 14
const CHAR_PX = 8.4
const LINE_PX = 20
const PADDING_PX = 20
const BAR_PX = 38
/** Rows that the window shows; longer output scrolls. */
const WINDOW_ROWS = 34

const FOREGROUND = "#e6eae8"
/** By number of a terminal's colour: red, green, yellow, cyan. Each has 4.5:1 and more on the window's ground. */
const COLOURS = new Map([
  [1, "#f0925f"],
  [2, "#5fc9b5"],
  [3, "#e6bb5c"],
  [6, "#7fb0ff"],
])

/**
 * Draws a terminal's output as an SVG that plays once, in its own time, and then stands still; for who wants no motion
 * it stands still from the beginning (browsers differ in whether they tell an image of that). It brings its own dark ground, so that it can be read on light pages and on dark.
 * @param {readonly Line[]} lines
 * @param {{ readonly command: string, readonly columns: number, readonly title: string, readonly description: string }} options
 * @returns {string}
 */
export function terminalSvg(lines, { command, columns, title, description }) {
  const width = Math.ceil(columns * CHAR_PX + 2 * PADDING_PX)
  const bodyPx = WINDOW_ROWS * LINE_PX
  const height = BAR_PX + bodyPx + PADDING_PX
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description)}</desc>
<style>
text { font: ${FONT_PX}px ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: ${FOREGROUND}; white-space: pre }
.bold { font-weight: 700 }
.dim { opacity: 0.72 }
${[...COLOURS].map(([number, colour]) => `.c${number} { fill: ${colour} }`).join("\n")}
.gone { visibility: hidden }
@media (prefers-reduced-motion: no-preference) {
.line { animation: appear 1ms backwards }
.gone { animation: show 1ms }
@keyframes appear { from { visibility: hidden } }
@keyframes show { from, to { visibility: visible } }
${scrolling(lines)}
}
.rows { transform: translateY(${-scrolledRows(lastRow(lines)) * LINE_PX}px) }
</style>
<rect width="${width}" height="${height}" rx="10" fill="#111514" stroke="#788581" stroke-opacity="0.5"/>
<g fill="#788581"><circle cx="22" cy="19" r="5.5"/><circle cx="40" cy="19" r="5.5"/><circle cx="58" cy="19" r="5.5"/></g>
<text class="dim" x="${width / 2}" y="24" text-anchor="middle">${escaped(command)}</text>
<clipPath id="window"><rect y="${BAR_PX}" width="${width}" height="${bodyPx}"/></clipPath>
<g clip-path="url(#window)"><g class="rows">
${lines.map(drawnLine).join("\n")}
</g></g>
</svg>
`
}

/** @param {Line} line */
function drawnLine({ row, fromMs, toMs, spans }) {
  const isGone = toMs !== undefined
  const timing = isGone
    ? `animation-delay:${seconds(fromMs)};animation-duration:${seconds(toMs - fromMs)}`
    : `animation-delay:${seconds(fromMs)}`
  const y = BAR_PX + row * LINE_PX + FONT_PX
  return `<g class="${isGone ? "gone" : "line"}" style="${timing}">${spans.map((span) => drawnSpan(span, y)).join("")}</g>`
}

/**
 * @param {Span} span
 * @param {number} y
 */
function drawnSpan({ column, text, colour, isBold, isDim }, y) {
  const classes = [
    ...(colour !== undefined && COLOURS.has(colour) ? [`c${colour}`] : []),
    ...(isBold ? ["bold"] : []),
    ...(isDim ? ["dim"] : []),
  ]
  const shown = text.trimEnd()
  const indent = shown.length - shown.trimStart().length
  // Its length is told, since the font is the reader's: columns stay columns.
  const length = `textLength="${pixels((shown.length - indent) * CHAR_PX)}" lengthAdjust="spacingAndGlyphs"`
  const x = pixels(PADDING_PX + (column + indent) * CHAR_PX)
  const style = classes.length === 0 ? "" : ` class="${classes.join(" ")}"`
  return `<text${style} x="${x}" y="${y}" ${length}>${escaped(shown.trimStart())}</text>`
}

/**
 * The window follows the newest row, as a terminal does.
 * @param {readonly Line[]} lines
 */
function scrolling(lines) {
  const totalMs = Math.max(1, ...lines.map(({ fromMs }) => fromMs))
  /** By share of the whole, of which each may be named once. @type {Map<string, number>} */
  const steps = new Map()
  let scrolled = 0
  for (const { row, fromMs } of lines) {
    if (scrolledRows(row) <= scrolled) continue
    scrolled = scrolledRows(row)
    steps.set(`${((fromMs / totalMs) * 100).toFixed(3)}%`, -scrolled * LINE_PX)
  }
  if (steps.size === 0) return ""
  const keyframes = [...steps].map(([share, y]) => `${share} { transform: translateY(${y}px) }`)
  return `.rows { animation: scroll ${seconds(totalMs)} step-end }
@keyframes scroll { 0% { transform: none }\n${keyframes.join("\n")} }`
}

/** @param {number} row the newest */
function scrolledRows(row) {
  return Math.max(0, row + 1 - WINDOW_ROWS)
}

/** @param {readonly Line[]} lines */
function lastRow(lines) {
  return Math.max(0, ...lines.map(({ row }) => row))
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(3)}s`
}

/** @param {number} length */
function pixels(length) {
  return Number(length.toFixed(1))
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
