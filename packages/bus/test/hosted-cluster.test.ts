import { Bus, type BusOptions, type Payload, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import { MemoryBackplane } from "@luxbus/dispatcher"
import { createServer, type Server } from "@luxbus/server"
import { type MemoryPair, memoryListener } from "@luxbus/transport"
import { afterEach, expect, test } from "vitest"

const clock = systemClock()
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Two brokers on one backplane. */
function twoServers(): readonly [Server, Server] {
  const backplane = new MemoryBackplane(clock)
  const servers = [0, 1].map(() => createServer({}, { backplane: backplane.join() }))
  for (const server of servers) closers.push(() => server.close({ drainMs: 0 }))
  return servers as unknown as readonly [Server, Server]
}

/** A client that dials its brokers by turns, the first one first. */
async function wanderer(id: string, servers: readonly Server[]) {
  const pairs: MemoryPair[] = []
  let dialled = 0
  const place = memoryListener({ clock, protocol: "luxbus.v1.bin", onPair: (pair) => void pairs.push(pair) })
  place.listen((connection, request) => servers[dialled++ % servers.length]?.accept(connection, request))
  const options: BusOptions = { id }
  const bus = new Bus({ clock, random: systemRandom(), createHash: platformSha256(), dial: place.dial }, options)
  await bus.connected
  closers.push(() => bus.close())
  return { bus, move: () => pairs.at(-1)?.cut() }
}

async function textOf(lane: AsyncIterable<Payload>): Promise<string[]> {
  const parts: string[] = []
  for await (const payload of lane) parts.push(String(payload))
  return parts
}

test("a job and its viewer go on whole at whatever broker they come back to", async () => {
  const [a, b] = twoServers()
  const writer = await wanderer("writer", [a, b])
  const viewer = await wanderer("viewer", [b, a])
  const job = await writer.bus.open("job", { headers: { command: "make" } })
  const view = viewer.bus.attach("job")
  expect((await view.opened).headers).toEqual({ command: "make" })
  const [main, error] = [textOf(view.main), textOf(view.error)]
  const lines = Array.from({ length: 300 }, (_, n) => `line ${n} ${"x".repeat(2_000)}`)
  for (const [n, line] of lines.entries()) {
    if (n % 60 === 30) writer.move()
    if (n % 60 === 50) viewer.move()
    await job.main.write(line)
    if (n % 10 === 0) {
      await job.error.write(`error ${n}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await job.fail({ exitCode: 3 })
  expect(await main).toEqual(lines)
  expect(await error).toEqual(lines.flatMap((_, n) => (n % 10 === 0 ? [`error ${n}`] : [])))
  expect(await view.outcome).toMatchObject({ status: "error", exitCode: 3 })
  expect([a.list().length, b.list().length].sort()).toEqual([0, 1])
})

test("a late viewer, a cancel and a stranger's claim reach the broker that hosts a job", async () => {
  const [a, b] = twoServers()
  const writer = await wanderer("writer", [a])
  const other = await wanderer("other", [b])
  const job = await writer.bus.open("job")
  await job.main.write("early")
  await expect(other.bus.open("job")).rejects.toMatchObject({ code: "fenced" })
  const view = other.bus.attach("job")
  expect(await view.main.next()).toBe("early")
  await view.cancel("enough")
  if (!job.signal.aborted) await new Promise((resolve) => job.signal.addEventListener("abort", resolve))
  await job.end()
  expect(await view.outcome).toMatchObject({ status: "done", main: 2 })
  await expect(other.bus.attach("nothing").opened).rejects.toMatchObject({ code: "unknown_stream" })
})
