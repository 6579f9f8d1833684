import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { errorFaults, errorsPage } from "./error-list.js"
import { importSource } from "./import-source.js"
import { provokedCodes, raisedCodes } from "./provoked-codes.js"
import { report } from "./report.js"
import { ROOT, sourceFiles, testFiles } from "./repository.js"

const PAGE = join(ROOT, "docs/errors.md")
const RAISED_LATER = new URL("../raised-later.json", import.meta.url)

const { ERROR_TABLE } = await importSource(join(ROOT, "packages/packet/src/error-table.ts"))
const table = /** @type {Readonly<Record<string, import("./error-list.js").ErrorRow>>} */ (ERROR_TABLE)
const page = errorsPage(table)

if (process.argv.includes("--write")) {
  writeFileSync(PAGE, page)
  console.log("errors: docs/errors.md written")
} else {
  const codes = new Set(Object.keys(table))
  const provoked = new Set(
    testFiles()
      // The table's own tests name every code and raise none.
      .filter((file) => !/^packages\/packet\/test\/error/.test(file))
      .flatMap((file) => [...provokedCodes(readFileSync(join(ROOT, file), "utf8"), codes)]),
  )
  const raised = new Set(sourceFiles().flatMap((file) => [...raisedCodes(readFileSync(join(ROOT, file), "utf8"))]))
  const later = JSON.parse(readFileSync(RAISED_LATER, "utf8"))
  const faults = [...errorFaults(codes, provoked, raised, later)]
  if (read(PAGE) !== page) faults.push("docs/errors.md is out of date: run `pnpm docs:errors`")
  report("errors", faults, `${codes.size} codes, ${provoked.size} provoked, ${Object.keys(later).length} raised later`)
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
