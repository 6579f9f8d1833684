import { referenceFaults } from "./test-references.js"

const COLUMN = "shown by"

/**
 * What is wrong with the tables of a page whose last column is `shown by`: every row names the tests that show it.
 * @param {string} file path from the root, for the messages
 * @param {string} markdown
 * @param {(path: string) => ReadonlySet<string> | undefined} titlesOf the titles in a test file; undefined: no such file
 * @returns {{ readonly rows: number, readonly faults: readonly string[] }}
 */
export function shownBy(file, markdown, titlesOf) {
  /** @type {string[]} */
  const faults = []
  let rows = 0
  let place = "text"
  for (const [index, line] of markdown.split("\n").entries()) {
    if (!line.startsWith("|")) {
      place = "text"
      continue
    }
    const last = cells(line).at(-1) ?? ""
    if (place === "text") {
      place = last === COLUMN ? "rows" : "other"
    } else if (place === "rows" && !/^[-:]+$/.test(last)) {
      rows++
      for (const fault of referenceFaults(last, titlesOf)) faults.push(`${file}:${index + 1}: ${fault}`)
    }
  }
  return { rows, faults }
}

/** @param {string} line */
function cells(line) {
  const parts = line.trim().split(/(?<!\\)\|/)
  return parts.slice(1, -1).map((cell) => cell.replaceAll("\\|", "|").trim())
}
