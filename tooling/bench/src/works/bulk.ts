import { createHash } from "node:crypto"
import { SendWindow } from "../send-window.ts"
import type { Pipe } from "../system.ts"
import type { Delivered, Load, RunLimit, Work } from "../work.ts"
import { NumberedMessages } from "./numbered-messages.ts"

const CHUNK_BYTES = 64 * 1_024

/** Chunks under way, 4 MiB together: more than the buffers of both connections. */
const WINDOW_CHUNKS = 64

const PIPE = "bench.bulk"
const READER = "reader"

/** Chunks of 64 KiB from one client to another. SHA-256 is taken of what arrives, and compared at the end of a run. */
export const bulk: Work = {
  name: "bulk",
  title: "64 KiB chunks, client to client",
  measure: "bytes",
  async prepare(system, url, onFailure): Promise<Load> {
    const window = new SendWindow(WINDOW_CHUNKS * CHUNK_BYTES)
    const received = new ReceivedDigest()
    const reader = await system.connect(url, { id: READER, onFailure })
    const writer = await system.connect(url, { id: "writer", onFailure })
    await reader.acceptPipe(PIPE, (chunk) => {
      received.add(chunk)
      window.receive(chunk.length)
    })
    const pipe = await writer.openPipe(PIPE, READER)
    const chunks = new NumberedMessages(CHUNK_BYTES, 2 * WINDOW_CHUNKS)
    return {
      run: (limit) => write(pipe, chunks, window, received, limit),
      async close() {
        await pipe.end()
        await Promise.all([writer.close(), reader.close()])
      },
    }
  },
}

/** SHA-256 of what has arrived since it was last taken. */
class ReceivedDigest {
  #hash = createHash("sha256")

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk)
  }

  take(): string {
    const digest = this.#hash.digest("hex")
    this.#hash = createHash("sha256")
    return digest
  }
}

async function write(
  pipe: Pipe,
  chunks: NumberedMessages,
  window: SendWindow,
  received: ReceivedDigest,
  { seconds, maxMessages }: RunLimit,
): Promise<Delivered> {
  const receivedBefore = window.received
  const first = chunks.taken
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  while (chunks.taken < first + maxMessages && performance.now() < endsAt) {
    while (window.isOpen && chunks.taken < first + maxMessages) {
      window.send(CHUNK_BYTES)
      const queued = pipe.write(chunks.take())
      if (queued !== undefined) await queued
    }
    await window.halfFree()
  }
  await window.empty()
  const elapsedMs = performance.now() - startedAt
  compareDigests(digestOf(chunks, first), received.take())
  const bytes = window.received - receivedBefore
  return { deliveries: bytes / CHUNK_BYTES, bytes, elapsedMs }
}

/** SHA-256 of the chunks written since `first`, made again when the clock has stopped: the writer's cost is not ours. */
function digestOf(chunks: NumberedMessages, first: number): string {
  const hash = createHash("sha256")
  for (let number = first; number < chunks.taken; number++) hash.update(chunks.at(number))
  return hash.digest("hex")
}

function compareDigests(written: string, received: string): void {
  if (written !== received) throw new Error(`SHA-256 ${written} was written, and ${received} arrived.`)
}
