import { execFileSync } from "node:child_process"

/**
 * The files of a package that its users get and that changed since its last release: since the commit that last touched
 * its CHANGELOG.md, which `changeset version` writes. What is not committed yet counts too.
 * @param {string} root
 * @param {string} directory the package's folder, from the root
 * @returns {readonly string[]} paths from the root
 * @throws Error where git is missing, or its history does not reach back that far
 */
export function changedSinceRelease(root, directory) {
  /** @param {readonly string[]} args */
  const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean)
  const [release] = git("log", "-1", "--format=%H", "--", `${directory}/CHANGELOG.md`)
  if (release === undefined) throw new Error(`the history does not hold the release of ${directory}: fetch it whole`)
  return [
    ...git("diff", "--name-only", release, "--", directory),
    ...git("ls-files", "--others", "--exclude-standard", "--", directory),
  ].filter((file) => !file.startsWith(`${directory}/test/`) && file !== `${directory}/CHANGELOG.md`)
}
