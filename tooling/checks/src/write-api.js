import { join } from "node:path"
import { writeApiReference } from "./api-reference.js"
import { packageSources } from "./package-sources.js"
import { report } from "./report.js"
import { ROOT, workspacePackages } from "./repository.js"

const FOLDER = "docs/api"
const TSCONFIG = join(ROOT, "tooling/checks/api.tsconfig.json")

const packages = workspacePackages().filter(({ manifest }) => manifest.private !== true)
const sources = packageSources(ROOT, packages)
const faults = await writeApiReference(ROOT, packages, sources, TSCONFIG, join(ROOT, FOLDER))
report("api", faults, `${sources.size} entries of ${packages.length} packages, in ${FOLDER}`)
