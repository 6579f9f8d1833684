import type { BusStatus } from "@luxbus/client"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { longLoss } from "../src/long-loss.ts"

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

class FakeBus {
  status: BusStatus
  listener: ((status: BusStatus) => void) | undefined
  constructor(state: BusStatus["state"]) {
    this.status = { state, attempts: 0 }
  }
  onStatus(listener: (status: BusStatus) => void): () => void {
    this.listener = listener
    return () => {
      this.listener = undefined
    }
  }
  become(state: BusStatus["state"]): void {
    this.status = { state, attempts: 0 }
    this.listener?.(this.status)
  }
}

async function follow(bus: FakeBus) {
  let isLost = false
  const { lost, stop } = longLoss(bus, 1_000)
  void lost.then(() => {
    isLost = true
  })
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms)
    return isLost
  }
  return { after, stop }
}

test("a connection that stays away for the window is lost", async () => {
  const bus = new FakeBus("connected")
  const { after } = await follow(bus)
  expect(await after(5_000)).toBe(false)
  bus.become("suspended")
  expect(await after(600)).toBe(false)
  bus.become("connecting")
  expect(await after(399)).toBe(false)
  expect(await after(1)).toBe(true)
})

test("one that comes back has the whole window again", async () => {
  const bus = new FakeBus("suspended")
  const { after } = await follow(bus)
  await after(900)
  bus.become("connected")
  bus.become("suspended")
  expect(await after(900)).toBe(false)
  expect(await after(100)).toBe(true)
})

test("stopped, it holds neither a timer nor a listener", async () => {
  const bus = new FakeBus("suspended")
  const { after, stop } = await follow(bus)
  stop()
  expect([vi.getTimerCount(), bus.listener]).toEqual([0, undefined])
  expect(await after(5_000)).toBe(false)
})
