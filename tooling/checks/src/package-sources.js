import { join } from "node:path"
import { SOURCE_CONDITION } from "./import-source.js"

/**
 * Where the sources of the workspace's public entries lie: what a user imports (`@luxbus/packet/schema`) → the absolute
 * path of its source. Read from the packages' `exports`, so an entry that is not public does not resolve.
 * @param {string} root
 * @param {readonly import("./repository.js").WorkspacePackage[]} packages
 * @returns {ReadonlyMap<string, string>}
 */
export function packageSources(root, packages) {
  /** @type {Map<string, string>} */
  const sources = new Map()
  for (const { directory, manifest } of packages) {
    for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
      if (typeof target !== "object" || target === null) continue
      const source = /** @type {Record<string, unknown>} */ (target)[SOURCE_CONDITION]
      if (typeof source === "string") sources.set(join(manifest.name, entry), join(root, directory, source))
    }
  }
  return sources
}
