import { createHash } from "node:crypto"
import { chmod, type FileHandle, open, rm } from "node:fs/promises"
import type { BusStream } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { type FileDigest, type FileOffer, parseDigest } from "./file-offer.ts"
import { createFree, moveIntoPlace, safeBaseName } from "./received-name.ts"

/** How long a receiver that was told to stop still tries to tell its senders. */
const FAREWELL_MS = 1_000

/** A file that arrived. */
export interface ReceivedFile extends FileDigest {
  readonly path: string
}

/** How {@link receiveFile} receives. */
export interface ReceiveOptions {
  /** Where files go. */
  readonly folder: string
  readonly onAdvance: (bytes: number) => void
  /** Gives up. */
  readonly signal: AbortSignal
}

/**
 * Receives one file: writes to a `.part` file, and gives it its name once both digests agree. It never replaces a file
 * that was there. What goes wrong here is told to the sender on the error lane, and the `.part` file goes.
 * @throws BusError `storage` when the disk fails; `cancelled` when the sender stopped, or `signal` did
 */
export async function receiveFile(stream: BusStream, offer: FileOffer, options: ReceiveOptions): Promise<ReceivedFile> {
  try {
    return await receiveContent(stream, offer, options)
  } catch (error) {
    const failure = error instanceof BusError ? error : storageError(error)
    // A sender that has given up itself waits for no answer.
    if (failure.code !== "cancelled" || options.signal.aborted) await tellSender(stream, failure, options.signal)
    await stream.close()
    throw failure
  }
}

async function receiveContent(stream: BusStream, offer: FileOffer, options: ReceiveOptions): Promise<ReceivedFile> {
  const name = safeBaseName(offer.name)
  const partPath = await createFree(options.folder, name, ".part")
  try {
    const digest = await writeContent(stream, partPath, options)
    if (offer.mode !== undefined) await chmod(partPath, offer.mode)
    const path = await moveIntoPlace(partPath, options.folder, name)
    await stream.main.write({ ...digest })
    await stream.end()
    return { ...digest, path }
  } catch (error) {
    await rm(partPath, { force: true })
    throw error
  }
}

async function writeContent(stream: BusStream, partPath: string, options: ReceiveOptions): Promise<FileDigest> {
  const hash = createHash("sha256")
  let bytes = 0
  let stated: FileDigest | undefined
  await using file = await open(partPath, "w")
  for (;;) {
    const payload = await stream.main.next(options.signal)
    if (payload === undefined) break
    if (!(payload instanceof Uint8Array)) {
      stated = parseDigest(payload)
      continue
    }
    hash.update(payload)
    await writeAll(file, payload)
    bytes += payload.length
    options.onAdvance(bytes)
  }
  if (stated === undefined) throw await senderStopped(stream)
  return agree(stated, { sha256: hash.digest("hex"), bytes })
}

/** A disk that fills up may take a part without an error; the next write then says why. */
async function writeAll(file: FileHandle, data: Uint8Array): Promise<void> {
  let offset = 0
  while (offset < data.length) offset += (await file.write(data, offset)).bytesWritten
}

function agree(sent: FileDigest, received: FileDigest): FileDigest {
  if (sent.sha256 === received.sha256 && sent.bytes === received.bytes) return received
  throw new BusError(
    "internal",
    `what arrived is not what was sent: SHA-256 ${received.sha256}, sent was ${sent.sha256}`,
  )
}

async function senderStopped(stream: BusStream): Promise<BusError> {
  const { status, reason, message } = await stream.outcome
  const why = reason ?? message
  return new BusError(
    status === "expired" ? "expired" : "cancelled",
    `the sender stopped${why === undefined ? "" : `: ${why}`}`,
  )
}

function storageError(error: unknown): BusError {
  const message = error instanceof Error ? error.message : String(error)
  return new BusError("storage", `cannot store the file: ${message}`, { cause: error })
}

/** Resolves when the sender has taken it; once told to stop, soon after at the latest. */
async function tellSender(stream: BusStream, { code, message }: BusError, signal: AbortSignal): Promise<void> {
  const told = stream.error
    .write(message)
    .then(() =>
      stream.fail(code === "cancelled" ? { status: "cancelled", reason: message } : { status: "error", code, message }),
    )
    // The sender is gone as well; our caller throws the first failure.
    .catch(() => {})
  await Promise.race([told, stopped(signal)])
}

/** Resolves a moment after the signal: the sender may still be told, but is not waited for. */
function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const leave = () => setTimeout(resolve, FAREWELL_MS).unref()
    if (signal.aborted) leave()
    else signal.addEventListener("abort", leave, { once: true })
  })
}
