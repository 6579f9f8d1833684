import { readdirSync } from "node:fs"
import { join } from "node:path"
import { pnpm } from "../pnpm.js"
import { ROOT } from "../repository.js"
import { readPackedPackage } from "./packed-package.js"

const TIMEOUT_MS = 600_000

/**
 * Builds the packages and packs each into a tarball, as publishing would.
 * @param {readonly import("../repository.js").WorkspacePackage[]} packages
 * @param {string} folder where the tarballs go: an empty one
 * @returns {Promise<ReadonlyMap<string, import("./packed-package.js").PackedPackage>>} by name
 */
export async function packPackages(packages, folder) {
  const filters = packages.flatMap(({ manifest }) => ["--filter", manifest.name])
  const options = { cwd: ROOT, timeoutMs: TIMEOUT_MS }
  await pnpm(["exec", "turbo", "run", "build", ...filters, "--output-logs=errors-only"], options)
  await pnpm([...filters, "pack", "--pack-destination", folder], options)
  const packed = readdirSync(folder)
    .filter((file) => file.endsWith(".tgz"))
    .map((file) => readPackedPackage(join(folder, file)))
  return new Map(packed.map((one) => [one.name, one]))
}
