import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * @typedef {{
 *   readonly name: string
 *   readonly version: string
 *   readonly private?: boolean
 *   readonly engines?: Readonly<Record<string, string>>
 *   readonly scripts?: Readonly<Record<string, string>>
 *   readonly dependencies?: Readonly<Record<string, string>>
 *   readonly optionalDependencies?: Readonly<Record<string, string>>
 *   readonly peerDependencies?: Readonly<Record<string, string>>
 *   readonly devDependencies?: Readonly<Record<string, string>>
 *   readonly exports?: Readonly<Record<string, unknown>>
 * }} Manifest
 */

/**
 * One package or app of the workspace.
 * @typedef {{ readonly directory: string, readonly manifest: Manifest }} WorkspacePackage
 */

/** The repository's root, as a path. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url))

/**
 * The packages and apps, in the order of their folders. Tooling is left out unless asked for: nobody installs it.
 * @param {string} root default: this repository
 * @param {readonly string[]} groups top-level folders
 * @returns {readonly WorkspacePackage[]}
 */
export function workspacePackages(root = ROOT, groups = ["packages", "apps"]) {
  return groups.flatMap((group) =>
    subfolders(join(root, group))
      .map((name) => `${group}/${name}`)
      .filter((directory) => existsSync(join(root, directory, "package.json")))
      .map((directory) => ({
        directory,
        manifest: JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8")),
      })),
  )
}

/**
 * Every file that holds tests, as paths from the root, sorted by package: the `*.test.ts` in a package's `test/`,
 * and the conformance suites among its sources.
 * @param {string} root default: this repository
 * @returns {readonly string[]}
 */
export function testFiles(root = ROOT) {
  return workspacePackages(root).flatMap(({ directory }) => [
    ...typeScriptFiles(root, `${directory}/src`).filter((file) => file.includes("conformance")),
    ...typeScriptFiles(root, `${directory}/test`).filter((file) => file.endsWith(".test.ts")),
  ])
}

/**
 * Every source file of packages and apps but the conformance suites, as paths from the root, sorted by package.
 * @param {string} root default: this repository
 * @returns {readonly string[]}
 */
export function sourceFiles(root = ROOT) {
  return workspacePackages(root).flatMap(({ directory }) =>
    typeScriptFiles(root, `${directory}/src`).filter((file) => !file.includes("conformance")),
  )
}

/**
 * Every module of some groups, as paths from the root: sources, tests, configurations; nothing built, nothing installed.
 * @param {string} root
 * @param {readonly string[]} groups top-level folders
 * @returns {readonly string[]}
 */
export function moduleFiles(root, groups) {
  return workspacePackages(root, groups).flatMap(({ directory }) =>
    modulesIn(root, directory).map((file) => `${directory}/${file}`),
  )
}

/**
 * @param {string} root
 * @param {string} directory
 * @returns {readonly string[]} paths from the directory
 */
function modulesIn(root, directory) {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", "dist"].includes(entry.name) || entry.name.startsWith(".")) return []
    if (entry.isDirectory()) {
      const inner = modulesIn(root, `${directory}/${entry.name}`)
      return inner.map((file) => `${entry.name}/${file}`)
    }
    return /\.(?:[cm]?js|tsx?)$/.test(entry.name) ? [entry.name] : []
  })
}

/**
 * @param {string} root
 * @param {string} directory
 */
function typeScriptFiles(root, directory) {
  if (!existsSync(join(root, directory))) return []
  return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${directory}/${file.replaceAll("\\", "/")}`)
    .sort()
}

/** @param {string} folder */
function subfolders(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}
