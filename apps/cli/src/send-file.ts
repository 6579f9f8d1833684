import { createHash } from "node:crypto"
import type { BusStream } from "@luxbus/client"
import { BusError, type Outcome } from "@luxbus/packet"
import { type FileDigest, parseDigest } from "./file-offer.ts"

/** Who is told how a transfer goes. */
export interface SendListener {
  readonly advance: (bytes: number) => void
  readonly complaint: (text: string) => void
}

/**
 * Sends a file's bytes on an open duplex, its digest behind them, and waits for the receiver's own digest.
 * @returns the digest that both ends found
 * @throws BusError `storage` or another code when the receiver fails; `internal` when the digests differ
 */
export async function sendFile(
  stream: BusStream,
  content: AsyncIterable<Uint8Array>,
  listener: SendListener,
): Promise<FileDigest> {
  void relayComplaints(stream, listener)
  const [sent, answer] = await Promise.all([sendContent(stream, content, listener), receipt(stream)])
  if (sent.sha256 !== answer.sha256 || sent.bytes !== answer.bytes)
    throw new BusError("internal", `the receiver has other bytes: SHA-256 ${answer.sha256} there, ${sent.sha256} here`)
  return sent
}

async function sendContent(
  stream: BusStream,
  content: AsyncIterable<Uint8Array>,
  listener: SendListener,
): Promise<FileDigest> {
  const hash = createHash("sha256")
  let bytes = 0
  for await (const chunk of content) {
    hash.update(chunk)
    await stream.main.write(chunk)
    bytes += chunk.length
    listener.advance(bytes)
  }
  const digest = { sha256: hash.digest("hex"), bytes }
  await stream.main.write({ ...digest })
  await stream.end()
  return digest
}

async function receipt(stream: BusStream): Promise<FileDigest> {
  let digest: FileDigest | undefined
  // To its end: only who has taken that lets the receiver go.
  for await (const payload of stream.main) digest = parseDigest(payload)
  const outcome = await stream.outcome
  if (digest === undefined || outcome.status !== "done") throw refusal(outcome)
  return digest
}

function refusal(outcome: Outcome): BusError {
  const reason = outcome.message ?? outcome.reason
  return new BusError(
    outcome.code === "storage" ? "storage" : "cancelled",
    `the receiver gave up${reason === undefined ? "" : `: ${reason}`}`,
  )
}

async function relayComplaints(stream: BusStream, listener: SendListener): Promise<void> {
  try {
    for await (const payload of stream.error) if (typeof payload === "string") listener.complaint(payload)
  } catch {
    // The stream failed: whoever awaits its main lane learns that too.
  }
}
