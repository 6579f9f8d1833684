import { type Bus, type BusStream, platformSha256 } from "@luxbus/client"
import { BusError, newUuid, type Outcome } from "@luxbus/packet"
import { toHex } from "../shared/hex.ts"
import { FILE_PREFIX, type FileDigest, offerHeaders, parseDigest } from "./file-offer.ts"
import type { Transfer } from "./transfer.ts"

/** What is sent: a file of the user's. */
export type Content = Pick<Blob, "size" | "stream">

/**
 * Sends a file's bytes to the transfer's peer, waits for the digest that it found, and compares. An absent peer is
 * waited for, until the transfer is stopped. How it goes and ends is told to the transfer; this never rejects.
 */
export async function sendFile(bus: Bus, content: Content, transfer: Transfer): Promise<void> {
  let stream: BusStream | undefined
  const onStop = () => void stream?.fail({ status: "cancelled", reason: "the sender stopped it" }).catch(() => {})
  try {
    const { peer, name, size } = transfer.facts
    const { signal } = transfer
    stream = await bus.open(`${FILE_PREFIX}${newUuid()}`, { to: peer, headers: offerHeaders({ name, size }), signal })
    transfer.began(stream)
    signal.addEventListener("abort", onStop)
    const [sent, answer] = await Promise.all([sendContent(stream, content, transfer), receipt(stream)])
    transfer.done(agree(sent, answer))
  } catch (error) {
    transfer.failed(transfer.signal.aborted ? transfer.signal.reason : error)
    // A receiver that gave up, or never took it, needs no more of this side.
    if (!transfer.signal.aborted) await stream?.close()
  } finally {
    transfer.signal.removeEventListener("abort", onStop)
  }
}

async function sendContent(stream: BusStream, content: Content, transfer: Transfer): Promise<FileDigest> {
  const hash = platformSha256()()
  let bytes = 0
  const reader = content.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    hash.update(value)
    await stream.main.write(value, { signal: transfer.signal })
    bytes += value.length
    transfer.advance(bytes)
  }
  const digest = { sha256: toHex(hash.digest()), bytes }
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

function refusal({ message, reason }: Outcome): BusError {
  const why = message ?? reason
  return new BusError("cancelled", why === undefined ? "The receiver gave up." : `The receiver gave up: ${why}`)
}

function agree(sent: FileDigest, received: FileDigest): FileDigest {
  if (sent.sha256 === received.sha256 && sent.bytes === received.bytes) return sent
  throw new BusError("internal", `The receiver has other bytes: SHA-256 ${received.sha256} there, ${sent.sha256} here.`)
}
