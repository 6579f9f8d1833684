import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import type { BusStream } from "@luxbus/client"

/** What arrived. */
export interface Received {
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes what a sender uploads to a file.
 * @param onAdvance is told after each piece how many bytes there are
 * @throws Error when the sender ended otherwise than well: then the file is not whole
 */
export async function receiveUpload(
  stream: BusStream,
  path: string,
  onAdvance: (bytes: number) => void,
): Promise<Received> {
  const file = await open(path, "w")
  const hash = createHash("sha256")
  let bytes = 0
  try {
    for (let data = await stream.main.read(); data !== undefined; data = await stream.main.read()) {
      hash.update(data)
      await file.writeFile(data)
      bytes += data.length
      onAdvance(bytes)
    }
  } finally {
    await file.close()
  }
  const { status, message } = await stream.outcome
  if (status !== "done") throw new Error(`the upload ended with ${status}: ${message ?? "no reason given"}`)
  await stream.end() // our own half of the duplex, on which we said nothing
  return { bytes, sha256: hash.digest("hex") }
}
