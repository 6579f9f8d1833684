import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { basename } from "node:path"
import type { Bus } from "@luxbus/client"

/** What became of an upload, as its sender sees it. */
export interface Upload {
  readonly bytes: number
  readonly sha256: string
  /** Bytes that went twice because a connection broke. */
  readonly repeatedBytes: number
}

/**
 * Sends a file to the client `to`. A broken connection is not an error here: the stream waits, and goes on behind the
 * last byte that has arrived.
 * @throws BusError `expired` or `peer_lost` when the connection, or the receiver, stays away for more than two minutes
 */
export async function uploadFile(bus: Bus, path: string, to: string): Promise<Upload> {
  const stream = await bus.open("upload", { to, headers: { name: basename(path) } })
  const hash = createHash("sha256")
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 64 * 1024 })) {
    hash.update(chunk)
    await stream.main.write(chunk) // waits while the receiver is behind: memory stays small
    bytes += chunk.length
  }
  await stream.end() // resolves when the receiver has taken everything
  return { bytes, sha256: hash.digest("hex"), repeatedBytes: stream.repeatedBytes }
}
