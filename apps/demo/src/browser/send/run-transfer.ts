import type { Bus, BusStream } from "@luxbus/client"
import { fileStreamName, offerHeaders, receiveFile, sendFile } from "@luxbus/file-transfer"
import { BlobSink } from "./blob-sink.ts"
import type { Transfer } from "./transfer.ts"

/** What a tab takes of one file: it holds it until somebody saves it. */
const MAX_RECEIVED_BYTES = 2 * 1024 ** 3

/** What is sent: a file of the user's. */
export type Content = Pick<Blob, "size" | "stream">

/**
 * Sends a file to the transfer's peer. An absent peer is waited for, until the transfer is stopped. How it goes and ends
 * is told to the transfer; this never rejects.
 */
export async function sendTransfer(bus: Bus, content: Content, transfer: Transfer): Promise<void> {
  const { signal, facts } = transfer
  const onProgress = (bytes: number) => transfer.advance(bytes)
  try {
    const stream = await bus.open(fileStreamName(), { to: facts.peer, headers: offerHeaders(facts), signal })
    transfer.began(stream)
    transfer.done(await sendFile(stream, partsOf(content.stream()), { onProgress, signal }))
  } catch (error) {
    transfer.failed(error)
  }
}

/** Receives one file. How it goes and ends is told to the transfer; this never rejects. */
export async function receiveTransfer(stream: BusStream, transfer: Transfer): Promise<void> {
  const { signal } = transfer
  const onProgress = (bytes: number) => transfer.advance(bytes)
  transfer.began(stream)
  try {
    const options = { maxBytes: MAX_RECEIVED_BYTES, onProgress, signal }
    const { digest, stored } = await receiveFile(stream, new BlobSink(), options)
    transfer.done(digest, stored)
  } catch (error) {
    transfer.failed(error)
  }
}

/** Not every browser lets a stream be iterated. */
async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    await reader.cancel()
  }
}
