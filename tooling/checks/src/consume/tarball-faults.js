import { posix } from "node:path"
import { importedPackages } from "../imported-packages.js"
import { installedWith } from "./packed-package.js"

const EXPECTED = ["package.json", "README.md", "LICENSE"]
/** What means something here alone. */
const LOCAL = /workspace:|catalog:|"(?:link|file):|@luxbus\/source|"@luxbus\/[\w-]+-preset"/

/**
 * What is wrong with a package as it would be published.
 * @param {import("./packed-package.js").PackedPackage} packed
 * @returns {readonly string[]}
 */
export function tarballFaults({ name, manifest, files }) {
  const faults = EXPECTED.filter((file) => !files.has(file)).map((file) => `has no ${file}`)
  for (const file of files.keys())
    if (!EXPECTED.includes(file) && !file.startsWith("dist/")) faults.push(`carries ${file}`)
  const local = LOCAL.exec(files.get("package.json") ?? "")
  if (local !== null) faults.push(`its manifest holds ${local[0]}`)
  for (const target of [...targets(manifest.exports), ...targets(manifest.bin)])
    if (!files.has(posix.normalize(target))) faults.push(`its manifest leads to ${target}, which is not there`)
  const declared = new Set([name, ...installedWith(manifest)])
  for (const [file, text] of files) {
    if (file.endsWith(".map")) faults.push(...mapFaults(file, text))
    if (!/^dist\/.*\.(?:js|d\.ts)$/.test(file)) continue
    const map = /^\/\/# sourceMappingURL=(\S+)\s*$/m.exec(text)?.[1]
    if (map !== undefined && !files.has(posix.join(posix.dirname(file), map)))
      faults.push(`${file} leads to ${map}, which is not there`)
    for (const imported of importedPackages(text))
      if (!declared.has(imported)) faults.push(`${file} imports ${imported}, which is no dependency`)
  }
  return faults
}

/**
 * The sources do not come with the package: a map has to hold them.
 * @param {string} file
 * @param {string} text
 */
function mapFaults(file, text) {
  const { sources = [], sourcesContent = [] } = JSON.parse(text)
  const held = sourcesContent.filter((/** @type {unknown} */ content) => typeof content === "string")
  return held.length < sources.length ? [`${file} leads to sources that it does not hold`] : []
}

/**
 * The files that an `exports` or `bin` tree leads to.
 * @param {unknown} tree
 * @returns {readonly string[]}
 */
function targets(tree) {
  if (typeof tree === "string") return [tree]
  return typeof tree === "object" && tree !== null ? Object.values(tree).flatMap(targets) : []
}
