import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { extname, join, sep } from "node:path"

/** One file of the built page, ready to be sent. */
export interface PageFile {
  readonly body: Uint8Array
  readonly contentType: string
  /** A strong entity tag, quotes included. */
  readonly etag: string
  /** Whether its name changes with its content, so that it may be kept for ever. */
  readonly isHashed: boolean
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
}
/** Where vite puts what it names by content. */
const HASHED_FOLDER = "/assets/"

/**
 * Reads the built page, whole (some 100 kB), by URL path. Whoever serves from this map serves nothing else of the
 * disk, whatever a path says.
 * @returns an empty map when the page was not built
 */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const relative of list(folder)) {
    const contentType = CONTENT_TYPES[extname(relative)]
    if (contentType === undefined) continue
    const path = `/${relative.split(sep).join("/")}`
    const body = readFileSync(join(folder, relative))
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
    files.set(path, { body, contentType, etag, isHashed: path.startsWith(HASHED_FOLDER) })
  }
  return files
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return []
    throw error
  }
}
