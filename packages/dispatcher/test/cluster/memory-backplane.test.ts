import { systemClock } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { describe, expect, test } from "vitest"
import { MemoryBackplane } from "../../src/index.ts"
import { backplaneConformance } from "../../src/testing.ts"

const manual = { clock: new ManualClock() }
backplaneConformance({
  name: "MemoryBackplane on a manual clock",
  describe,
  test,
  expect,
  open() {
    manual.clock = new ManualClock()
    const backplane = new MemoryBackplane(manual.clock)
    return { join: () => backplane.join(), release: () => expect(manual.clock.pendingTimers).toBe(0) }
  },
  turn: async () => manual.clock.advance(1),
})

const system = systemClock()
backplaneConformance({
  name: "MemoryBackplane on the system's clock",
  describe,
  test,
  expect,
  open() {
    const backplane = new MemoryBackplane(system)
    return { join: () => backplane.join(), release: () => {} }
  },
  turn: () => new Promise((resolve) => system.defer(resolve)),
})

test("counts its subscriptions back to nothing", () => {
  const backplane = new MemoryBackplane(new ManualClock())
  const [a, b] = [backplane.join(), backplane.join()]
  const stops = ["x", "x", "y"].flatMap((address) => [a.subscribe(address, () => {}), b.subscribe(address, () => {})])
  expect(backplane.subscriptionCount).toBe(6)
  for (const stop of stops) stop()
  expect(backplane.subscriptionCount).toBe(0)
})
