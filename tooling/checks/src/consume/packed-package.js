import { readFileSync } from "node:fs"
import { createPackageFromTarballData } from "@arethetypeswrong/core"

/**
 * A package as it would be published.
 * @typedef {{
 *   readonly name: string
 *   readonly tarball: string
 *   readonly manifest: PackedManifest
 *   readonly files: ReadonlyMap<string, string>
 * }} PackedPackage `tarball`: its absolute path; `files`: path within the package → text
 */

/**
 * @typedef {{
 *   readonly name: string
 *   readonly version: string
 *   readonly engines?: Readonly<Record<string, string>>
 *   readonly exports?: Readonly<Record<string, unknown>>
 *   readonly bin?: Readonly<Record<string, string>>
 *   readonly dependencies?: Readonly<Record<string, string>>
 *   readonly optionalDependencies?: Readonly<Record<string, string>>
 *   readonly peerDependencies?: Readonly<Record<string, string>>
 * }} PackedManifest
 */

/**
 * Reads a package out of its tarball.
 * @param {string} tarball absolute path
 * @returns {PackedPackage}
 */
export function readPackedPackage(tarball) {
  const data = createPackageFromTarballData(readFileSync(tarball))
  const base = `/node_modules/${data.packageName}/`
  const files = new Map(data.listFiles().map((path) => [path.slice(base.length), data.readFile(path)]))
  const manifest = JSON.parse(files.get("package.json") ?? "{}")
  return { name: data.packageName, tarball, manifest, files }
}

/**
 * What npm installs with a package: the names in its manifest, by kind.
 * @param {PackedManifest} manifest
 * @returns {readonly string[]}
 */
export function installedWith({ dependencies, optionalDependencies, peerDependencies }) {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
}

/**
 * The packages of the workspace that some of them need, themselves included.
 * @param {readonly string[]} names
 * @param {ReadonlyMap<string, PackedPackage>} packages by name
 * @returns {ReadonlySet<string>}
 */
export function closure(names, packages) {
  /** @type {Set<string>} */
  const found = new Set()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const known = packages.get(name)
    if (known === undefined || found.has(name)) continue
    found.add(name)
    open.push(...installedWith(known.manifest))
  }
  return found
}
