import { referenceFaults } from "./test-references.js"

/**
 * One row of docs/seeds.md.
 * @typedef {{ readonly line: number, readonly seed: string, readonly term: string, readonly status: string }} SeedRow
 */

/** The seeds, by number: each has a section of its own. */
export const SEEDS = ["000", "001", "002", "003", "004"]

const SECTION = /^## (\d{3})\b/

/**
 * Reads the tables of docs/seeds.md: a section `## <seed> …` per seed, its tables' first column what the seed names,
 * their last column the status.
 * @param {string} markdown
 * @returns {readonly SeedRow[]}
 */
export function seedRows(markdown) {
  /** @type {SeedRow[]} */
  const rows = []
  let seed = ""
  let header = true
  for (const [index, line] of markdown.split("\n").entries()) {
    if (line.startsWith("## ")) seed = SECTION.exec(line)?.[1] ?? ""
    if (!line.startsWith("|")) {
      header = true
      continue
    }
    if (header) {
      header = false
      continue
    }
    if (/^\|[-:| ]+\|$/.test(line) || seed === "") continue
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim())
    rows.push({ line: index + 1, seed, term: cells[1] ?? "", status: cells.at(-2) ?? "" })
  }
  return rows
}

/**
 * What is wrong with the rows. A status is `open`, `ruled out: <why>`, or the tests that show it, as
 * `path › title` (or `path › group › title`), with `<br>` between them.
 * @param {readonly SeedRow[]} rows
 * @param {(path: string) => ReadonlySet<string> | undefined} titlesOf the titles in a test file; undefined: no such file
 * @returns {readonly string[]}
 */
export function seedFaults(rows, titlesOf) {
  const faults = SEEDS.filter((seed) => !rows.some((row) => row.seed === seed)).map((seed) => `seed ${seed} has no row`)
  const seen = new Set()
  for (const row of rows) {
    const where = `docs/seeds.md:${row.line}`
    const key = `${row.seed} ${row.term}`
    if (row.term === "") faults.push(`${where}: names nothing in its first column`)
    else if (seen.has(key)) faults.push(`${where}: "${row.term}" stands twice under ${row.seed}`)
    seen.add(key)
    for (const fault of statusFaults(row.status, titlesOf)) faults.push(`${where}: ${fault}`)
  }
  return faults
}

/**
 * Whether a row is still open.
 * @param {SeedRow} row
 */
export function isOpen(row) {
  return row.status === "open"
}

/**
 * @param {string} status
 * @param {(path: string) => ReadonlySet<string> | undefined} titlesOf
 * @returns {readonly string[]}
 */
function statusFaults(status, titlesOf) {
  if (status === "") return ["has no status: a test, `open` or `ruled out: <why>`"]
  if (status === "open" || /^ruled out: \S/.test(status)) return []
  return referenceFaults(status, titlesOf)
}
