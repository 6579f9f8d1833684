import type { BusStream } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { ContentDigest, isSameDigest } from "./content-digest.ts"
import { type FileDigest, parseDigest } from "./file-offer.ts"
import { FAREWELL_MS, failureOf, outcomeError, tellPeer, withAbort } from "./giving-up.ts"

/** How {@link sendFile} sends. */
export interface SendFileOptions {
  /** Hears how many bytes the stream has taken so far, after each part. */
  readonly onProgress?: (bytes: number) => void
  /** Hears what the receiver reports while data flows, such as why its disk refuses. It is another client's text. */
  readonly onComplaint?: (text: string) => void
  /** Gives up: the receiver hears `cancelled` with the reason's message. */
  readonly signal?: AbortSignal
  /** How long a failure is tried to be told to the receiver before it is thrown. Default 10 000; a second after `signal`. */
  readonly farewellMs?: number
}

/**
 * Sends a file on an open duplex: its content, its digest behind the last byte, then waits for the receiver's own digest
 * and compares. Lost connections are the stream's to survive; a receiver that does not read makes this wait. It ends the
 * stream in every case.
 * @param stream opened to a peer with `offerHeaders`
 * @param content is read once, as fast as the receiver takes it, and let go (`return()`) when that ends early
 * @returns the digest that both ends found: the file is there, whole
 * @throws BusError `internal` when the digests differ; the receiver's code (`storage`, `too_large`, …) or `cancelled`
 * when it gave up; `cancelled` by `signal`; what ended the stream; what `content` threw, as `internal`
 */
export async function sendFile(
  stream: BusStream,
  content: AsyncIterable<Uint8Array>,
  options: SendFileOptions = {},
): Promise<FileDigest> {
  const { signal, farewellMs = FAREWELL_MS } = options
  void relayComplaints(stream, options)
  try {
    return await withAbort(signal, async (aborted) => {
      const sending = Promise.all([sendContent(stream, content, options), receipt(stream)])
      const [sent, found] = await Promise.race([sending, aborted])
      return agreed(sent, found)
    })
  } catch (error) {
    const failure = failureOf(error, signal)
    // Where the receiver gave up, or the stream failed, there is nobody left to be told.
    if (signal?.aborted || !(error instanceof BusError)) await tellPeer(stream, failure, { farewellMs, signal })
    await stream.close()
    throw failure
  }
}

async function sendContent(
  stream: BusStream,
  content: AsyncIterable<Uint8Array>,
  { onProgress, signal }: SendFileOptions,
): Promise<FileDigest> {
  const digest = new ContentDigest()
  for await (const bytes of content) {
    digest.add(bytes)
    await stream.main.write(bytes, signal === undefined ? {} : { signal })
    onProgress?.(digest.bytes)
  }
  const found = digest.finish()
  await stream.main.write({ ...found })
  await stream.end()
  return found
}

async function receipt(stream: BusStream): Promise<FileDigest> {
  let digest: FileDigest | undefined
  // To its end: only who has taken that lets the receiver go.
  for await (const payload of stream.main) digest = parseDigest(payload)
  const outcome = await stream.outcome
  if (digest === undefined || outcome.status !== "done") throw outcomeError(outcome, "The receiver gave up")
  return digest
}

function agreed(sent: FileDigest, found: FileDigest): FileDigest {
  if (isSameDigest(sent, found)) return sent
  throw new BusError("internal", `The receiver has other bytes: SHA-256 ${found.sha256} there, ${sent.sha256} here.`)
}

/** Reads the error lane to its end also where nobody listens: until then the receiver is not let go. */
async function relayComplaints(stream: BusStream, { onComplaint }: SendFileOptions): Promise<void> {
  try {
    for await (const payload of stream.error) if (typeof payload === "string") onComplaint?.(payload)
  } catch {
    // The stream failed: whoever reads its main lane learns that too.
  }
}
