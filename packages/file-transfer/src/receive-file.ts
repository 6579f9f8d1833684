import type { BusStream } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { ContentDigest, isSameDigest } from "./content-digest.ts"
import { type FileDigest, parseDigest } from "./file-offer.ts"
import type { FileSink } from "./file-sink.ts"
import { FAREWELL_MS, failureOf, messageOf, outcomeError, tellPeer } from "./giving-up.ts"

/** How {@link receiveFile} receives. */
export interface ReceiveFileOptions {
  /** Hears how many bytes the sink has taken so far, after each part. */
  readonly onProgress?: (bytes: number) => void
  /** The longest file that is taken. Default: any; the sink is what knows its limits. */
  readonly maxBytes?: number
  /** Gives up: the sender hears `cancelled` with the reason's message. */
  readonly signal?: AbortSignal
  /** How long a failure is tried to be told to the sender before it is thrown. Default 10 000; a second after `signal`. */
  readonly farewellMs?: number
}

/** A file that arrived. */
export interface ReceivedFile<Stored> {
  /** What both ends found. */
  readonly digest: FileDigest
  /** What the sink made of it. */
  readonly stored: Stored
}

/**
 * Receives one file into a sink: compares what arrived with what the sender states behind the last byte, commits, and
 * answers with what was found here. What goes wrong here is told to the sender, as a complaint on the error lane and as
 * the outcome; the sink is discarded then. It ends the stream in every case.
 * @param stream as `accept(FILE_PATTERN)` gave it; `parseOffer` of its headers tells what it carries
 * @throws BusError `storage` when the sink throws; `too_large` past `maxBytes`; `internal` when the digests differ;
 * `invalid_payload` when the sender states none; `cancelled` when the sender stopped, or `signal` did; what ended the
 * stream. After the commit only the answer can fail: the file is kept, and the sender does not know
 */
export async function receiveFile<Stored>(
  stream: BusStream,
  sink: FileSink<Stored>,
  options: ReceiveFileOptions = {},
): Promise<ReceivedFile<Stored>> {
  const { signal, farewellMs = FAREWELL_MS } = options
  try {
    const received = await takeFile(stream, sink, options)
    if (received === undefined) throw await senderStopped(stream)
    await stream.main.write({ ...received.digest })
    await stream.end()
    return received
  } catch (error) {
    const failure = failureOf(error, signal)
    await tellPeer(stream, failure, { farewellMs, signal, complaint: failure.message })
    await stream.close()
    throw failure
  }
}

/** @returns undefined when the sender stopped before it had stated a digest */
async function takeFile<Stored>(
  stream: BusStream,
  sink: FileSink<Stored>,
  options: ReceiveFileOptions,
): Promise<ReceivedFile<Stored> | undefined> {
  let isKept = false
  try {
    const digest = await takeContent(stream, sink, options)
    if (digest === undefined) return undefined
    const stored = await storing(() => sink.commit())
    isKept = true
    return { digest, stored }
  } finally {
    if (!isKept) await discard(sink)
  }
}

async function takeContent<Stored>(
  stream: BusStream,
  sink: FileSink<Stored>,
  { onProgress, maxBytes = Number.POSITIVE_INFINITY, signal }: ReceiveFileOptions,
): Promise<FileDigest | undefined> {
  const digest = new ContentDigest()
  let stated: FileDigest | undefined
  for (;;) {
    const payload = await stream.main.next(signal)
    if (payload === undefined) break
    if (!(payload instanceof Uint8Array)) {
      stated = parseDigest(payload)
      continue
    }
    digest.add(payload)
    if (digest.bytes > maxBytes) throw tooLarge(maxBytes)
    await storing(() => sink.write(payload))
    onProgress?.(digest.bytes)
    // What has arrived is read without a look at the signal.
    signal?.throwIfAborted()
  }
  return stated === undefined ? undefined : agreed(stated, digest.finish())
}

function agreed(stated: FileDigest, found: FileDigest): FileDigest {
  if (isSameDigest(stated, found)) return found
  throw new BusError(
    "internal",
    `What arrived is not what was sent: SHA-256 ${found.sha256} here, ${stated.sha256} there.`,
  )
}

function tooLarge(maxBytes: number): BusError {
  return new BusError("too_large", `The file has more than the ${maxBytes} bytes that are taken here.`, {
    details: { limit: maxBytes },
  })
}

/** The sender has given up itself: it waits for no answer. */
async function senderStopped(stream: BusStream): Promise<BusError> {
  const error = outcomeError(await stream.outcome, "The sender stopped")
  await stream.close()
  return error
}

async function storing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new BusError("storage", `The file cannot be stored: ${messageOf(cause)}`, { cause })
  }
}

/** Whatever this throws, the failure that led here is the one that counts. */
async function discard<Stored>(sink: FileSink<Stored>): Promise<void> {
  try {
    await sink.discard()
  } catch {
    // As above.
  }
}
