import { isBuiltin } from "node:module"
import ts from "typescript"

/**
 * The packages that a module imports, dynamically or for types alone too: `ws` for `ws/lib/stream.js`. What is relative
 * and what is Node's own is left out.
 * @param {string} code
 * @returns {ReadonlySet<string>}
 */
export function importedPackages(code) {
  return new Set(
    importedModules(code)
      .filter((path) => !path.startsWith(".") && !isBuiltin(path))
      .map(packageOf),
  )
}

/**
 * Everything that a module imports, as it stands there.
 * @param {string} code
 * @returns {readonly string[]}
 */
export function importedModules(code) {
  return ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName)
}

/**
 * `@luxbus/packet` for `@luxbus/packet/schema`.
 * @param {string} path what an import names, not relative
 */
export function packageOf(path) {
  return path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/")
}
