import { readFileSync } from "node:fs"
import { join } from "node:path"
import { report } from "./report.js"
import { ROOT } from "./repository.js"
import { isOpen, seedFaults, seedRows } from "./seed-table.js"
import { titlesOf } from "./test-references.js"

const rows = seedRows(readFileSync(join(ROOT, "docs/seeds.md"), "utf8"))
const open = rows.filter(isOpen).length
report("seeds", seedFaults(rows, titlesOf), `${rows.length} rows, ${rows.length - open} settled, ${open} open`)
