import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { afterEach, expect, test, vi } from "vitest"
import { Bus } from "../src/index.ts"
import { platformSha256 } from "../src/sha256.ts"

const buses: Bus[] = []

afterEach(async () => {
  vi.doUnmock("../src/streams.ts")
  for (const bus of buses.splice(0)) await bus.close()
})

/** A bus that goes on dialling: what it writes waits. */
function unconnected(): Bus {
  const dial = () => new Promise<never>(() => {})
  const bus = new Bus(
    { clock: new ManualClock(), random: new SeededRandom(1), createHash: platformSha256(), dial },
    { id: "alice" },
  )
  bus.connected.catch(() => {})
  buses.push(bus)
  return bus
}

test("a writing half that cannot be loaded is connection_lost, and the next call tries again", async () => {
  vi.doMock("../src/streams.ts", () => {
    throw new Error("offline")
  })
  const bus = unconnected()
  await expect(bus.publish("news", 1)).rejects.toMatchObject({ code: "connection_lost", retryable: true })
  await expect(bus.open("job")).rejects.toMatchObject({ code: "connection_lost" })
  await expect(bus.accept("job").next()).rejects.toMatchObject({ code: "connection_lost" })
  vi.doUnmock("../src/streams.ts")
  await bus.publish("news", 1)
  expect(bus.activeCount).toBe(1)
})

test("a call that waits for the writing half fails when the bus is closed meanwhile", async () => {
  const bus = unconnected()
  const publishing = bus.publish("news", 1)
  await bus.close()
  await expect(publishing).rejects.toMatchObject({ code: "closed" })
  await expect(bus.open("job")).rejects.toMatchObject({ code: "closed" })
})
