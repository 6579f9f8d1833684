import { execFileSync } from "node:child_process"
import { pathToFileURL } from "node:url"
import { ROOT } from "./repository.js"

/**
 * Clones what is committed, nothing else, without its history.
 * @param {string} folder is created
 */
export function cloneHead(folder) {
  const args = ["clone", "--quiet", "--depth", "1", pathToFileURL(ROOT).href, folder]
  execFileSync("git", args, { stdio: ["ignore", "ignore", "inherit"] })
}

/** Says that what is not committed is not looked at, where there is such a thing. */
export function warnOfUncommitted() {
  const changes = execFileSync("git", ["status", "--porcelain"], { cwd: ROOT, encoding: "utf8" })
  const count = changes.split("\n").filter(Boolean).length
  if (count > 0) console.warn(`  note  ${count} changes are not committed: this check looks at the last commit`)
}
