import { readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cloneHead, warnOfUncommitted } from "./clone-head.js"
import { report } from "./report.js"
import { ROOT, workspacePackages } from "./repository.js"
import { mustRun } from "./run-process.js"
import { scratchFolder } from "./scratch-folder.js"
import { breakingBump, concernedBy, versionFaults } from "./version-faults.js"

const TIMEOUT_MS = 60_000
const CHANGED = "@luxbus/packet"

warnOfUncommitted()
const clone = join(scratchFolder("versions"), "luxbus")
cloneHead(clone)
// changesets and what its configuration names.
symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"))

const packages = workspacePackages(clone, ["packages", "apps", "tooling"])
await release()
const before = versions()
const bump = breakingBump(before.get(CHANGED) ?? "")
writeFileSync(
  join(clone, ".changeset/one-change.md"),
  `---\n"${CHANGED}": ${bump}\n---\n\nChange what is on the wire.\n`,
)
await release()
const after = versions()

const concerned = concernedBy(CHANGED, packages)
for (const name of concerned) console.log(`        ${name} ${before.get(name)} → ${after.get(name)}`)
const faults = [...versionFaults(before, after, concerned)]
if (readdirSync(join(clone, ".changeset")).some((file) => file.endsWith(".md") && file !== "README.md"))
  faults.push("a changeset was left over")
report("versions", faults, `${concerned.size} of ${packages.length} packages concerned by ${CHANGED}`)

/** Gives the packages the versions that the changesets ask for. */
async function release() {
  const changeset = join(clone, "node_modules/@changesets/cli/bin.js")
  await mustRun(process.execPath, [changeset, "version"], { cwd: clone, timeoutMs: TIMEOUT_MS })
}

/** @returns {ReadonlyMap<string, string>} name → version */
function versions() {
  const all = workspacePackages(clone, ["packages", "apps", "tooling"])
  return new Map(all.map(({ manifest: { name, version } }) => [name, version]))
}
