import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { frameFaults } from "./frame-faults.js"
import { importFaults } from "./import-faults.js"
import { importedModules } from "./imported-packages.js"
import { packageSources } from "./package-sources.js"
import { pnpm } from "./pnpm.js"
import { report } from "./report.js"
import { moduleFiles, ROOT, workspacePackages } from "./repository.js"

const KNIP_TIMEOUT_MS = 120_000

const packages = workspacePackages()
const imports = moduleFiles(ROOT, ["packages", "apps", "tooling"]).flatMap((file) =>
  importedModules(readFileSync(join(ROOT, file), "utf8")).map((module) => ({ file, module })),
)
const faults = [
  ...frameFaults({
    entries: new Set(readdirSync(ROOT)),
    workspaceFile: read("pnpm-workspace.yaml"),
    turboTasks: new Set(Object.keys(JSON.parse(read("turbo.json")).tasks)),
    ciScript: read(".ci/run"),
    root: JSON.parse(read("package.json")),
    packages,
    imports,
  }),
  ...importFaults(
    imports.filter(({ file }) => !file.startsWith("tooling/")),
    publicEntries(),
  ),
]
const unused = await pnpm(["exec", "knip"], { cwd: ROOT, timeoutMs: KNIP_TIMEOUT_MS }).then(
  () => undefined,
  (error) => String(error.message),
)
if (unused !== undefined) {
  console.error(unused)
  faults.push("knip finds something unused: see above")
}
report("frame", faults, `${imports.length} imports of ${packages.length} packages, apps and tooling`)

/** What can be imported, the packages without exports included: they let nothing be imported. */
function publicEntries() {
  const entries = packageSources(ROOT, packages).keys()
  return new Set([...entries, ...packages.map(({ manifest }) => manifest.name)])
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(ROOT, file), "utf8")
}
