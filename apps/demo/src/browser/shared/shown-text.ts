// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' control sequences are what is looked for
const CONTROL_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: and control characters
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g
const TAB_COLUMNS = 8
const CONTROL_PICTURES = 0x2400
const DELETE = 0x7f
const DELETE_PICTURE = "\u2421"

/**
 * A line as a terminal would show it: colours and cursor movements are left out, what stands before a carriage return
 * is overwritten, tabs reach their stops, and other control characters are shown by their pictures.
 */
export function shownText(line: string): string {
  if (!needsWork(line)) return line
  const plain = line.replace(CONTROL_SEQUENCE, "").replace(/\r+$/, "")
  const kept = plain.slice(plain.lastIndexOf("\r") + 1)
  return expandTabs(kept).replace(CONTROL, (character) => {
    const code = character.charCodeAt(0)
    return code === DELETE ? DELETE_PICTURE : String.fromCharCode(CONTROL_PICTURES + code)
  })
}

function needsWork(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i)
    if (code < 0x20 || code === DELETE) return true
  }
  return false
}

function expandTabs(text: string): string {
  if (!text.includes("\t")) return text
  let shown = ""
  for (const part of text.split("\t").entries()) {
    const [index, piece] = part
    if (index > 0) shown += " ".repeat(TAB_COLUMNS - (shown.length % TAB_COLUMNS))
    shown += piece
  }
  return shown
}

/** One line out of a text of another client: for names and commands, which have no lines. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ").trim()
}
