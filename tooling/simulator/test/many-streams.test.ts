import { Bus, type BusStatus, type BusStream, platformSha256 } from "@luxbus/client"
import { createStreams } from "@luxbus/client/streams"
import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { createServer } from "@luxbus/server"
import { MemoryJournalStore } from "@luxbus/stream-memory"
import { type MemoryPair, memoryListener } from "@luxbus/transport"
import { expect, test } from "vitest"

const STREAMS = 2_000

test("a session with 2 000 streams resumes on slow connections, and nobody is put out for its control", async () => {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const createHash = platformSha256()
  const server = createServer(
    {},
    { clock, random, createHash: createHash as never, journals: new MemoryJournalStore() },
  )
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += 25) {
      clock.advance(25)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const participant = async (id: string) => {
    const pairs: MemoryPair[] = []
    const place = memoryListener({
      clock,
      protocol: "luxbus.v1.bin",
      latencyMs: 20,
      bytesPerSecond: 256 * 1_024,
      onPair: (pair) => pairs.push(pair),
    })
    place.listen((connection, request) => server.accept(connection, request))
    // The writing half is here: loading it takes real time, which this clock knows nothing of.
    const bus = new Bus({ clock, random, createHash, createStreams, dial: place.dial }, { id })
    const statuses: BusStatus["state"][] = []
    bus.onStatus(({ state }) => statuses.push(state))
    await pass(200)
    return { bus, statuses, cut: () => pairs.at(-1)?.cut() }
  }
  const [alice, bob, carol] = [await participant("alice"), await participant("bob"), await participant("carol")]
  const acceptor = bob.bus.accept("to-bob.*", { maxPending: STREAMS })
  await pass(50)
  const opened: Promise<BusStream>[] = []
  for (let i = 0; i < STREAMS / 2; i++) {
    opened.push(alice.bus.open(`to-bob.${i}`, { to: "bob" }), alice.bus.open(`job.${i}`))
    carol.bus.attach(`job.${i}`, { wait: true })
    if (i % 50 === 0) await pass(50)
  }
  await pass(10_000)
  const streams = await Promise.all(opened)
  for (const { statuses } of [alice, bob, carol]) expect(statuses).toEqual(["connected"])
  for (const { cut } of [alice, bob, carol]) cut()
  await pass(15_000)
  for (const { statuses } of [alice, bob, carol]) expect(statuses).toEqual(["connected", "suspended", "connected"])
  expect(streams.filter(({ state }) => state.suspended)).toEqual([])
  expect(server.list().filter(({ state }) => state === "live").length).toBe(STREAMS / 2)
  expect(server.list().every(({ readers }) => readers === 1)).toBe(true)
  await acceptor.close()
  for (const { bus } of [alice, bob, carol]) await bus.close()
  await pass(100)
  await server.close()
}, 120_000)
