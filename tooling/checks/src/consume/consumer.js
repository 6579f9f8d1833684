import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { importedPackages } from "../imported-packages.js"
import { mustRun } from "../run-process.js"
import { closure } from "./packed-package.js"

const INSTALL_TIMEOUT_MS = 180_000
const require = createRequire(import.meta.url)

/**
 * The manifest of somebody who uses one package: it, what its README's examples import beside it, and Node's types. The
 * packages of the workspace that these depend on come from their tarballs too.
 * @param {string} name
 * @param {readonly string[]} examples the code of its README's blocks
 * @param {ReadonlyMap<string, import("./packed-package.js").PackedPackage>} packages
 * @param {(name: string) => string} versionOf the version of a package that is not of the workspace
 */
export function consumerManifest(name, examples, packages, versionOf) {
  const imported = examples.flatMap((code) => [...importedPackages(code)])
  const direct = [...new Set([name, ...imported, "@types/node"])]
  const tarballs = [...closure(direct, packages)].map((one) => [one, tarballOf(packages, one)])
  return {
    private: true,
    type: "module",
    dependencies: Object.fromEntries(direct.map((one) => [one, tarballOf(packages, one) ?? versionOf(one)])),
    overrides: Object.fromEntries(tarballs.filter(([one]) => !direct.includes(String(one)))),
  }
}

/**
 * Installs a package as its user would: with npm, in an empty folder.
 * @param {string} folder is created
 * @param {string} name
 * @param {readonly string[]} examples
 * @param {ReadonlyMap<string, import("./packed-package.js").PackedPackage>} packages
 */
export async function installConsumer(folder, name, examples, packages) {
  mkdirSync(folder, { recursive: true })
  const manifest = consumerManifest(name, examples, packages, installedVersion)
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`)
  const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
  await mustRun("npm", args, { cwd: folder, timeoutMs: INSTALL_TIMEOUT_MS })
}

/**
 * The version that this repository has of a package, so that examples run against what its own tests run against.
 * @param {string} name
 */
function installedVersion(name) {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")).version
}

/**
 * @param {ReadonlyMap<string, import("./packed-package.js").PackedPackage>} packages
 * @param {string} name
 */
function tarballOf(packages, name) {
  const tarball = packages.get(name)?.tarball
  return tarball === undefined ? undefined : pathToFileURL(tarball).href
}
