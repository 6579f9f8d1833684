import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "./repository.js"
import { testTitles } from "./test-titles.js"

const SEPARATOR = " › "

/** @type {Map<string, ReadonlySet<string> | undefined>} */
const cache = new Map()

/**
 * The titles in a test file; undefined: no such file.
 * @param {string} path from the root
 */
export function titlesOf(path) {
  if (!cache.has(path)) {
    const file = join(ROOT, path)
    cache.set(path, existsSync(file) ? testTitles(readFileSync(file, "utf8")) : undefined)
  }
  return cache.get(path)
}

/**
 * What is wrong with a cell that names tests: `path › title` (or `path › group › title`), with `<br>` between them.
 * @param {string} cell
 * @param {(path: string) => ReadonlySet<string> | undefined} titlesOf see {@link titlesOf}
 * @returns {readonly string[]}
 */
export function referenceFaults(cell, titlesOf) {
  return cell.split("<br>").flatMap((reference) => {
    const [path = "", ...titles] = reference.trim().replace(/^`|`$/g, "").split(SEPARATOR)
    if (titles.length === 0) return [`"${reference.trim()}" is no test: write \`path › title\``]
    const known = titlesOf(path)
    if (known === undefined) return [`${path} does not exist`]
    return titles.filter((title) => !known.has(title)).map((title) => `${path} has no test "${title}"`)
  })
}
