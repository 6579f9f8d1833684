import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * An empty folder outside the repository, which goes when this process ends.
 * @param {string} purpose part of its name
 * @returns {string}
 */
export function scratchFolder(purpose) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `luxbus-${purpose}-`))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
