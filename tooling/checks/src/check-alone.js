import { existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { cloneHead, warnOfUncommitted } from "./clone-head.js"
import { pnpm } from "./pnpm.js"
import { Progress, twoAtATime } from "./progress.js"
import { report } from "./report.js"
import { workspacePackages } from "./repository.js"
import { scratchFolder } from "./scratch-folder.js"

const INSTALL_TIMEOUT_MS = 180_000
const TEST_TIMEOUT_MS = 300_000

const progress = new Progress()
const scratch = scratchFolder("alone")
warnOfUncommitted()

const listing = join(scratch, "listing")
cloneHead(listing)
const packages = workspacePackages(listing).filter(({ manifest }) => manifest.private !== true)
// Apps first: theirs take longest, and would be waited for at the end.
await twoAtATime(packages.toReversed(), ({ manifest: { name } }) => progress.step(name, () => testAlone(name)))
report("alone", progress.faults, `${packages.length} packages, each tested in a clone of its own`)

/**
 * Tests one package in a fresh clone, where nothing is installed but what it needs, and nothing is built.
 * @param {string} name
 */
async function testAlone(name) {
  const cwd = join(scratch, name)
  cloneHead(cwd)
  const install = ["install", "--filter", `${name}...`, "--frozen-lockfile", "--prefer-offline"]
  await pnpm(install, { cwd, timeoutMs: INSTALL_TIMEOUT_MS })
  removeRootTools(cwd)
  await pnpm(["--filter", name, "test"], { cwd, timeoutMs: TEST_TIMEOUT_MS })
  const built = builtFolders(cwd)
  if (built.length > 0) throw new Error(`something was built: ${built.join(", ")}`)
}

/**
 * pnpm installs what the root itself depends on in any case: a package that used it would not stand alone.
 * @param {string} root
 */
function removeRootTools(root) {
  const folder = join(root, "node_modules")
  for (const name of readdirSync(folder)) if (!name.startsWith(".")) rmSync(join(folder, name), { recursive: true })
}

/** @param {string} root */
function builtFolders(root) {
  return ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}/dist`))
    .filter((folder) => existsSync(join(root, folder)))
}
