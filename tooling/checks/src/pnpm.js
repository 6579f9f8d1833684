import { readFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "./repository.js"
import { mustRun } from "./run-process.js"

/**
 * Runs pnpm, of the version that the repository names.
 * @param {readonly string[]} args
 * @param {{ readonly cwd: string, readonly timeoutMs: number }} options
 * @throws Error with pnpm's output, when it fails
 */
export function pnpm(args, options) {
  const running = process.env["npm_execpath"] ?? ""
  // Under `pnpm check:…` it is there already, and npx would only look for it again.
  if (/pnpm\.[cm]?js$/.test(running)) return mustRun(process.execPath, [running, ...args], options)
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  return mustRun("npx", ["-y", packageManager, ...args], options)
}
