import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cloneHead, warnOfUncommitted } from "./clone-head.js"
import { Progress } from "./progress.js"
import { report } from "./report.js"
import { ROOT } from "./repository.js"
import { mustRun, plainEnvironment } from "./run-process.js"
import { scratchFolder } from "./scratch-folder.js"
import { namedScripts, readWalkThrough } from "./walk-through.js"

const TIMEOUT_MS = 600_000

const progress = new Progress()
const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8")
const { commands, changeset } = readWalkThrough(page)
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
for (const script of namedScripts(page))
  if (!(script in scripts) && !existsSync(join(ROOT, "node_modules/.bin", script)))
    progress.fails(`pn ${script}`, "there is no such script")

warnOfUncommitted()
const clone = join(scratchFolder("contributing"), "luxbus")
cloneHead(clone)
await progress.step("node tooling/setup.mjs, as npm test does", () => run("node tooling/setup.mjs"))
writeFileSync(join(clone, ".changeset/walk-through.md"), changeset)

// An alias counts from the line behind it, and only where it is asked for.
const [alias = "", ...walk] = commands
for (const command of [...walk, "pn check:changesets"])
  await progress.step(command, () => run(`shopt -s expand_aliases\n${alias}\n${command}`))
report("contributing", progress.faults, `${walk.length} commands of CONTRIBUTING.md`)

/** @param {string} script */
async function run(script) {
  const env = {
    ...plainEnvironment(),
    // A filter that matches nothing would pass.
    npm_config_fail_if_no_match: "true",
    // As many packages at a time as the smallest machine of CI has cores.
    npm_config_workspace_concurrency: "2",
  }
  await mustRun("bash", ["-euo", "pipefail", "-c", script], { cwd: clone, timeoutMs: TIMEOUT_MS, env })
}
