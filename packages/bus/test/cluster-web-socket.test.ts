import { createHash, randomBytes } from "node:crypto"
import { Bus, platformSha256 } from "@luxbus/client"
import { createStreams } from "@luxbus/client/streams"
import { systemClock, systemRandom } from "@luxbus/clock"
import { MemoryBackplane } from "@luxbus/dispatcher"
import { createServer } from "@luxbus/server"
import type { Dial } from "@luxbus/transport"
import { dialWebSocket } from "@luxbus/transport-ws"
import { afterEach, expect, test } from "vitest"

const CHUNK_BYTES = 32 * 1024
const CHUNKS = 128
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Brokers on one backplane, each on a port of loopback. */
async function brokers(count: number) {
  const backplane = new MemoryBackplane(systemClock())
  return Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer({}, { backplane: backplane.join() })
      closers.push(() => server.close({ drainMs: 50 }))
      const { url } = await server.listen()
      return { server, dial: dialWebSocket(url) }
    }),
  )
}

/** Dials one broker after the other, beginning with the first, as a client with several addresses does. */
function byTurns(dials: readonly Dial[]): Dial {
  let attempts = 0
  return (...args) => dials[attempts++ % dials.length]!(...args)
}

async function connectBy(dial: Dial, id: string): Promise<Bus> {
  const [clock, random] = [systemClock(), systemRandom()]
  const bus = new Bus({ clock, random, createHash: platformSha256(), createStreams, dial }, { id })
  closers.push(() => bus.close())
  await bus.connected
  return bus
}

test("a duplex goes on whole, both ways, when the broker of one of its clients stops and it comes back to another", async () => {
  const [a, b] = await brokers(2)
  const near = await connectBy(byTurns([a!.dial, b!.dial]), "near")
  const far = await connectBy(b!.dial, "far")
  const acceptor = far.accept("both")
  const there = await near.open("both", { to: "far" })
  const back = await acceptor.next()
  if (back === undefined) throw new Error("the acceptor was closed")
  const [sentThere, sentBack] = [randomBytes(CHUNK_BYTES * CHUNKS), randomBytes(CHUNK_BYTES * CHUNKS)]
  let stopped: Promise<void> | undefined
  const stopBroker = async () => {
    stopped ??= a!.server.close({ drainMs: 0 })
    await stopped
  }
  const send = async (stream: typeof there, bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      if (at === bytes.length / 2) await stopBroker()
      await stream.main.write(bytes.subarray(at, at + CHUNK_BYTES))
    }
    await stream.end()
  }
  const sending = [send(there, sentThere), send(back, sentBack)]
  const [gotBack, gotThere] = await Promise.all([there.main.bytes(), back.main.bytes()])
  await Promise.all(sending)
  expect(sha256(gotThere)).toBe(sha256(sentThere))
  expect(sha256(gotBack)).toBe(sha256(sentBack))
  expect(await there.outcome).toMatchObject({ status: "done" })
  expect(await back.outcome).toMatchObject({ status: "done" })
  expect(b!.server.connectionCount).toBe(2)
}, 20_000)
