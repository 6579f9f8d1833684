import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { report } from "./report.js"
import { ROOT } from "./repository.js"
import { isOpen, seedFaults, seedRows } from "./seed-table.js"
import { testTitles } from "./test-titles.js"

/** @type {Map<string, ReadonlySet<string> | undefined>} */
const cache = new Map()

/** @param {string} path */
function titlesOf(path) {
  if (!cache.has(path)) {
    const file = join(ROOT, path)
    cache.set(path, existsSync(file) ? testTitles(readFileSync(file, "utf8")) : undefined)
  }
  return cache.get(path)
}

const rows = seedRows(readFileSync(join(ROOT, "docs/seeds.md"), "utf8"))
const open = rows.filter(isOpen).length
report("seeds", seedFaults(rows, titlesOf), `${rows.length} rows, ${rows.length - open} settled, ${open} open`)
