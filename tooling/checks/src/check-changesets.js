import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { changedSinceRelease } from "./changed-files.js"
import { changesetFaults } from "./changeset-files.js"
import { report } from "./report.js"
import { ROOT, workspacePackages } from "./repository.js"

const FOLDER = join(ROOT, ".changeset")

const packages = workspacePackages()
const changesets = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => [`.changeset/${file}`, readFileSync(join(FOLDER, file), "utf8")]),
)
const states = packages
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ directory, manifest: { name, version } }) => ({
    name,
    version,
    changed: version === "0.0.0" ? [] : changedSinceRelease(ROOT, directory),
  }))
const known = new Set(packages.map(({ manifest }) => manifest.name))
report(
  "changesets",
  changesetFaults(states, changesets, known),
  `${states.length} packages, ${changesets.size} changesets`,
)
