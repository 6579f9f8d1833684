import xterm from "@xterm/headless"
import { ROWS } from "./record-terminal.js"

/**
 * Text in one style. `column` is where it stands; `colour` a number of the 16 of a terminal.
 * @typedef {{ readonly column: number, readonly text: string, readonly colour: number | undefined, readonly isBold: boolean, readonly isDim: boolean }} Span
 */

/**
 * What a row of the screen showed for a while. `toMs` is undefined where it stayed.
 * @typedef {{ readonly row: number, readonly fromMs: number, toMs: number | undefined, readonly spans: readonly Span[] }} Line
 */

/**
 * What a terminal shows of what was written: every state of every row that was not empty, in the order of time.
 * @param {readonly import("./record-terminal.js").Piece[]} pieces
 * @param {number} columns
 * @returns {Promise<readonly Line[]>}
 */
export async function screenLines(pieces, columns) {
  const terminal = new xterm.Terminal({ cols: columns, rows: ROWS, allowProposedApi: true })
  /** @type {Line[]} */
  const lines = []
  /** @type {Map<number, Line>} */
  const shown = new Map()
  for (const { atMs, data } of pieces) {
    await new Promise((resolve) => terminal.write(data, () => resolve(undefined)))
    for (let row = 0; row < ROWS; row++) {
      const spans = spansOf(terminal, row)
      const before = shown.get(row)
      if (JSON.stringify(before?.spans ?? []) === JSON.stringify(spans)) continue
      if (before !== undefined) before.toMs = atMs
      shown.delete(row)
      if (spans.length === 0) continue
      const line = { row, fromMs: atMs, toMs: undefined, spans }
      shown.set(row, line)
      lines.push(line)
    }
  }
  terminal.dispose()
  return lines
}

/**
 * @param {InstanceType<typeof xterm.Terminal>} terminal
 * @param {number} row
 * @returns {readonly Span[]}
 */
function spansOf(terminal, row) {
  const line = terminal.buffer.active.getLine(row)
  /** @type {Span[]} */
  const spans = []
  if (line === undefined) return spans
  const end = line.translateToString(true).length
  for (let column = 0; column < end; column++) {
    const cell = line.getCell(column)
    const text = cell?.getChars() || " "
    const style = {
      colour: cell?.isFgPalette() ? cell.getFgColor() : undefined,
      isBold: cell?.isBold() === 1 || (cell?.isBold() ?? 0) > 0,
      isDim: (cell?.isDim() ?? 0) > 0,
    }
    const last = spans.at(-1)
    const isSame = last?.colour === style.colour && last?.isBold === style.isBold && last?.isDim === style.isDim
    if (last !== undefined && isSame) spans[spans.length - 1] = { ...last, text: last.text + text }
    else spans.push({ column, text, ...style })
  }
  return spans.filter(({ text }) => text.trim() !== "")
}
