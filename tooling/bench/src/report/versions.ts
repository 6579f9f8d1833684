import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/**
 * The installed versions of packages, and the commit of this repository.
 * @param directory of the package whose dependencies they are
 */
export async function readVersions(
  packages: readonly string[],
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const versions = await Promise.all(packages.map((name) => versionOf(name, directory)))
  return {
    commit: await commitOf(directory),
    ...Object.fromEntries(packages.map((name, index) => [name, versions[index] ?? ""])),
  }
}

/** By its manifest on disk: many packages do not export theirs. */
async function versionOf(name: string, directory: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(directory, "node_modules", name, "package.json"), "utf8"))
  return String(manifest.version)
}

/** Short, with `+` behind it where files differ from it; `unknown` outside a clone. */
async function commitOf(directory: string): Promise<string> {
  try {
    const { stdout } = await run("git", ["describe", "--always", "--dirty=+", "--exclude=*"], { cwd: directory })
    return stdout.trim()
  } catch {
    return "unknown"
  }
}
