import type { System } from "./system.ts"

const CHUNK_BYTES = 65_536
const SAMPLE_EVERY = 512

/** What the process held while bytes went through one stream, garbage apart: the highest sample; and what arrived. */
export interface BulkReport {
  readonly arrivedBytes: number
  readonly peakBytes: number
}

/** What is still held once the collector has run, and has had a turn to give buffers back. */
async function heldBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("run node with --expose-gc")
  globalThis.gc()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + Math.max(external, arrayBuffers)
}

/** Sends `bytes` from a generator through one relayed stream and samples the memory of all three participants. */
export async function sendBulk(system: System, bytes: number): Promise<BulkReport> {
  const alice = await system.connect("alice")
  const bob = await system.connect("bob")
  const accepting = bob.accept("bulk").next()
  const stream = await alice.open("bulk", { to: "bob" })
  const incoming = await accepting
  if (incoming === undefined) throw new Error("the acceptor was closed")

  const reading = (async () => {
    let arrived = 0
    for (let part = await incoming.main.read(); part !== undefined; part = await incoming.main.read()) {
      arrived += part.length
    }
    await incoming.end()
    return arrived
  })()

  let peakBytes = 0
  let count = 0
  for (const chunk of chunks(bytes)) {
    await stream.main.write(chunk)
    if (count++ % SAMPLE_EVERY === 0) peakBytes = Math.max(peakBytes, await heldBytes())
  }
  await stream.end()
  return { arrivedBytes: await reading, peakBytes }
}

function* chunks(bytes: number): Iterable<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += CHUNK_BYTES) yield new Uint8Array(Math.min(CHUNK_BYTES, bytes - sent))
}
