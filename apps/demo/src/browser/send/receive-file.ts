import { type BusStream, platformSha256 } from "@luxbus/client"
import { BusError, type Outcome } from "@luxbus/packet"
import { toHex } from "../shared/hex.ts"
import { BlobParts } from "./blob-parts.ts"
import { type FileDigest, parseDigest } from "./file-offer.ts"
import type { Transfer } from "./transfer.ts"

/** What a tab takes of one file: it holds it until somebody saves it. */
const MAX_RECEIVED_BYTES = 2 * 1024 ** 3

/**
 * Receives one file, compares what arrived with what the sender states, and answers with what was found here. How it
 * goes and ends is told to the transfer, and to the sender; this never rejects.
 */
export async function receiveFile(stream: BusStream, transfer: Transfer): Promise<void> {
  transfer.began(stream)
  try {
    const parts = new BlobParts()
    const digest = await takeContent(stream, parts, transfer)
    await stream.main.write({ ...digest })
    await stream.end()
    transfer.done(digest, parts.blob())
  } catch (error) {
    transfer.failed(error)
    const { state } = transfer
    if (state.name === "failed") await tellSender(stream, state.error)
  }
}

async function takeContent(stream: BusStream, parts: BlobParts, transfer: Transfer): Promise<FileDigest> {
  const hash = platformSha256()()
  let bytes = 0
  let stated: FileDigest | undefined
  for (;;) {
    const payload = await stream.main.next(transfer.signal)
    if (payload === undefined) break
    if (!(payload instanceof Uint8Array)) {
      stated = parseDigest(payload)
      continue
    }
    bytes += payload.length
    if (bytes > MAX_RECEIVED_BYTES) throw new BusError("too_large", "The file is larger than a tab takes.")
    hash.update(payload)
    parts.add(payload)
    transfer.advance(bytes)
  }
  if (stated === undefined) throw senderStopped(await stream.outcome)
  const found = { sha256: toHex(hash.digest()), bytes }
  if (stated.sha256 === found.sha256 && stated.bytes === found.bytes) return found
  throw new BusError(
    "internal",
    `What arrived is not what was sent: SHA-256 ${found.sha256}, sent was ${stated.sha256}.`,
  )
}

function senderStopped({ status, reason, message }: Outcome): BusError {
  const why = reason ?? message
  const said = why === undefined ? "The sender stopped." : `The sender stopped: ${why}`
  return new BusError(status === "expired" ? "expired" : "cancelled", said)
}

async function tellSender(stream: BusStream, { code, message }: BusError): Promise<void> {
  try {
    if (code === "cancelled") await stream.fail({ status: "cancelled", reason: message })
    else await stream.fail({ code, message })
  } catch {
    // The sender is gone as well.
  }
}
