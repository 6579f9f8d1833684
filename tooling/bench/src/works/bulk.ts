import { SendWindow } from "../send-window.ts"
import type { Client } from "../system.ts"
import type { Delivered, Load, RunLimit, Work } from "../work.ts"
import { checkNumber, NumberedMessages } from "./numbered-messages.ts"
import { TransferDigests } from "./transfer-digests.ts"

const CHUNK_BYTES = 64 * 1_024

/** Chunks under way, 4 MiB together: more than the buffers of both connections. */
const WINDOW_CHUNKS = 64

const PIPE = "bench.bulk"
const READER = "reader"

/** Chunks of 64 KiB from one client to another, one pipe per run, compared by SHA-256 at its end. */
export const bulk: Work = {
  name: "bulk",
  title: "64 KiB chunks, client to client",
  measure: "bytes",
  async prepare(system, url, onFailure): Promise<Load> {
    const transfer: Transfer = {
      chunks: new NumberedMessages(CHUNK_BYTES, 2 * WINDOW_CHUNKS),
      window: new SendWindow(WINDOW_CHUNKS),
      digests: new TransferDigests(),
    }
    const reader = await system.connect(url, { id: READER, onFailure })
    const writer = await system.connect(url, { id: "writer", onFailure })
    await reader.acceptPipe(PIPE, checkedReceiver(transfer))
    return {
      run: (limit) => write(writer, transfer, limit),
      async close() {
        await Promise.all([writer.close(), reader.close()])
      },
    }
  },
}

interface Transfer {
  readonly chunks: NumberedMessages
  readonly window: SendWindow
  readonly digests: TransferDigests
}

function checkedReceiver({ window, digests }: Transfer): (chunk: Uint8Array) => void {
  let expected = 0
  return (chunk) => {
    checkNumber(chunk, expected++, CHUNK_BYTES)
    digests.addReceived(chunk)
    window.receive(1)
  }
}

async function write(
  writer: Client,
  { chunks, window, digests }: Transfer,
  { seconds, maxMessages }: RunLimit,
): Promise<Delivered> {
  const pipe = await writer.openPipe(PIPE, READER)
  digests.begin(!pipe.verifies)
  const receivedBefore = window.received
  const last = chunks.taken + maxMessages
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  while (chunks.taken < last && performance.now() < endsAt) {
    while (window.isOpen && chunks.taken < last) {
      const chunk = chunks.take()
      digests.addWritten(chunk)
      window.send(1)
      const queued = pipe.write(chunk)
      if (queued !== undefined) await queued
    }
    await window.halfFree()
  }
  await window.empty()
  await pipe.end()
  digests.compare()
  const elapsedMs = performance.now() - startedAt
  const deliveries = window.received - receivedBefore
  return { deliveries, bytes: deliveries * CHUNK_BYTES, elapsedMs }
}
