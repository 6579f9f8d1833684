import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { mustRun } from "../run-process.js"

const INSTALL_TIMEOUT_MS = 300_000

/**
 * The oldest version of Node that a manifest allows: `20.19.0` for `>=20.19`.
 * @param {string} range `engines.node`
 * @throws Error where the range says more than that
 */
export function oldestVersion(range) {
  const match = /^>=(\d+)\.(\d+)(?:\.(\d+))?$/.exec(range)
  if (match === null) throw new Error(`engines.node is "${range}": expected >=major.minor`)
  const [, major, minor, patch = "0"] = match
  return `${major}.${minor}.${patch}`
}

/**
 * The path of the oldest Node that we support, out of npm's registry; on a platform that it has none for, our own.
 * @param {string} folder is created
 * @param {string} version
 * @returns {Promise<string>}
 */
export async function oldestNode(folder, version) {
  if (process.version === `v${version}`) return process.execPath
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.warn(
      `  note  no Node ${version} for ${process.platform} ${process.arch}: examples run on ${process.version}`,
    )
    return process.execPath
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), "{}")
  const name = `node-${process.platform}-${process.arch}`
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  await mustRun("npm", ["install", ...flags, `${name}@${version}`], { cwd: folder, timeoutMs: INSTALL_TIMEOUT_MS })
  return join(folder, "node_modules", name, "bin/node")
}
