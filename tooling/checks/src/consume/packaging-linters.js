import { readFileSync } from "node:fs"
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { publint } from "publint"
import { formatMessage } from "publint/utils"

/** What `require` and the resolution of TypeScript before 4.7 see does not count: the packages are ESM only. */
const NOT_SUPPORTED = new Set(["node10", "node16-cjs"])

/**
 * What publint says of a package, as errors and warnings.
 * @param {string} tarball absolute path
 * @returns {Promise<readonly string[]>}
 */
export async function publintFaults(tarball) {
  const data = readFileSync(tarball)
  const { buffer, byteOffset, byteLength } = data
  const { messages, pkg } = await publint({
    pack: { tarball: /** @type {ArrayBuffer} */ (buffer.slice(byteOffset, byteOffset + byteLength)) },
    level: "warning",
  })
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}

/**
 * What "Are the types wrong?" finds, as its profile `esm-only`. A package without exports has no types to be wrong.
 * @param {string} tarball absolute path
 * @param {boolean} hasTypes whether it has exports
 * @returns {Promise<readonly string[]>}
 */
export async function attwFaults(tarball, hasTypes) {
  if (!hasTypes) return []
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
  if (result.types === false) return ["attw: has no types"]
  return result.problems
    .filter((problem) => !("resolutionKind" in problem && NOT_SUPPORTED.has(problem.resolutionKind)))
    .map((problem) => `attw: ${JSON.stringify(problem, (key, value) => (key === "trace" ? undefined : value))}`)
}
