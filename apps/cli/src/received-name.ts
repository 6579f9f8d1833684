import { open, rename, rm } from "node:fs/promises"
import { join, parse } from "node:path"

/** The name for the `attempt`th try: `a.txt`, then `a (1).txt`, `a (2).txt`. */
export function numberedName(name: string, attempt: number): string {
  if (attempt === 0) return name
  const { name: stem, ext } = parse(name)
  return `${stem} (${attempt})${ext}`
}

/**
 * Creates a file that was not there, under the first free name.
 * @param suffix is put behind the number: `.part`
 * @returns its path
 */
export async function createFree(folder: string, name: string, suffix = ""): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const path = join(folder, numberedName(name, attempt) + suffix)
    try {
      await (await open(path, "wx")).close()
      return path
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
    }
  }
}

/**
 * Gives a finished file its name without ever replacing another's: the name is claimed by creating it, then the claim
 * is replaced.
 * @returns its path
 */
export async function moveIntoPlace(partPath: string, folder: string, name: string): Promise<string> {
  const path = await createFree(folder, name)
  try {
    await rename(partPath, path)
    return path
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}
