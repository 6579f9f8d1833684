import { posix } from "node:path"
import { packageOf } from "./imported-packages.js"

/**
 * One import as it stands in a module.
 * @typedef {{ readonly file: string, readonly module: string }} Import `file` from the root
 */

/**
 * What is wrong with the imports of packages and apps: another package is reached by a path that is not public, or by
 * files instead of by name.
 * @param {readonly Import[]} imports
 * @param {ReadonlySet<string>} publicEntries what users can import: `@luxbus/packet/schema`
 * @returns {readonly string[]}
 */
export function importFaults(imports, publicEntries) {
  const names = new Set([...publicEntries].map(packageOf))
  return imports.flatMap(({ file, module }) => {
    const directory = file.split("/").slice(0, 2).join("/")
    if (module.startsWith(".")) {
      const target = posix.join(posix.dirname(file), module)
      return target.startsWith(`${directory}/`) ? [] : [`${file} reaches out of its package: ${module}`]
    }
    const isDeep = names.has(packageOf(module)) && !publicEntries.has(module)
    return isDeep ? [`${file} imports ${module}, which is no public entry`] : []
  })
}
