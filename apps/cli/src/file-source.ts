import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { basename } from "node:path"
import type { Readable } from "node:stream"
import type { FileOffer } from "@luxbus/file-transfer"
import { BusError } from "@luxbus/packet"

const READ_BYTES = 256 * 1024

/** What is sent: a file, or stdin. */
export interface FileSource extends FileOffer {
  readonly content: Readable
}

/**
 * Opens what is to be sent.
 * @param path a file, or `-` for stdin
 * @param name what the receiver is told it is called. Default: the file's base name; `stdin`
 * @throws BusError `invalid_argument` when there is no such file
 */
export async function openFileSource(path: string, name: string | undefined): Promise<FileSource> {
  if (path === "-") return { name: name ?? "stdin", size: undefined, mode: undefined, content: process.stdin }
  const facts = await stat(path).catch((cause) => {
    throw new BusError("invalid_argument", `there is no file ${path}`, { cause })
  })
  if (!facts.isFile()) throw new BusError("invalid_argument", `${path} is no file`)
  const content = createReadStream(path, { highWaterMark: READ_BYTES })
  return { name: name ?? basename(path), size: facts.size, mode: facts.mode & 0o777, content }
}
