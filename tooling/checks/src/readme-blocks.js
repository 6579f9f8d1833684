/**
 * One ```ts block of a README.
 * @typedef {{
 *   readonly file: string
 *   readonly line: number
 *   readonly code: string
 *   readonly run: boolean
 *   readonly inPage: boolean
 * }} ReadmeBlock `file` from the root; `line` is that of the block's first line of code, counted from 1; `run`: false
 * for a block marked ```ts no-run, which is type-checked only, and for one marked ```ts browser, which is so as a page
 * has it (`inPage`)
 */

const MARKS = ["", "no-run", "browser"]

/**
 * The ```ts blocks of a README, in order.
 * @param {string} file path from the root
 * @param {string} markdown
 * @returns {readonly ReadmeBlock[]}
 * @throws Error on a block that is never closed, and on a word behind ```ts that is none of the marks
 */
export function readmeBlocks(file, markdown) {
  /** @type {ReadmeBlock[]} */
  const blocks = []
  const lines = markdown.split("\n")
  for (let index = 0; index < lines.length; index++) {
    const fence = /^```(\S*) *(.*)$/.exec(lines[index] ?? "")
    if (fence === null) continue
    const end = lines.indexOf("```", index + 1)
    if (end < 0) throw new Error(`${file}:${index + 1}: the block is never closed`)
    const [, language, mark] = fence
    if (language === "ts") {
      if (!MARKS.includes(mark ?? "")) throw new Error(`${file}:${index + 1}: unknown mark "${mark}" behind ts`)
      const code = lines.slice(index + 1, end).join("\n")
      blocks.push({ file, line: index + 2, code, run: mark === "", inPage: mark === "browser" })
    }
    index = end
  }
  return blocks
}
