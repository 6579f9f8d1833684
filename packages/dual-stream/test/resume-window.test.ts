import { ManualClock } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { ResumeWindow } from "../src/index.ts"

function windowOf(windowMs: number | undefined) {
  const clock = new ManualClock()
  const log: string[] = []
  const window = new ResumeWindow(clock, windowMs, {
    suspended: (leftMs) => log.push(`suspended ${leftMs}`),
    expired: () => log.push(`expired at ${clock.now()}`),
  })
  return { clock, log, window }
}

test("expires when nobody came back in time", () => {
  const { clock, log, window } = windowOf(1_000)
  window.suspend()
  expect(window.suspended).toBe(true)
  clock.advance(999)
  expect(log).toEqual(["suspended 1000"])
  clock.advance(1)
  expect(log).toEqual(["suspended 1000", "expired at 1000"])
})

test("ends as soon as what a broker knows to be left of it, and never later than its own", () => {
  const { clock, log, window } = windowOf(1_000)
  window.suspend(300)
  clock.advance(300)
  expect(log).toEqual(["suspended 300", "expired at 300"])
  const other = windowOf(1_000)
  other.window.suspend(9_999)
  other.clock.advance(1_000)
  expect(other.log).toEqual(["suspended 1000", "expired at 1000"])
})

test("is one wait, however often the loss is told", () => {
  const { clock, log, window } = windowOf(1_000)
  window.suspend()
  clock.advance(900)
  window.suspend()
  clock.advance(100)
  expect(log).toEqual(["suspended 1000", "expired at 1000"])
})

test("says on resuming whether there was a wait, and leaves no timer", () => {
  const { clock, log, window } = windowOf(1_000)
  expect(window.resume()).toBe(false)
  window.suspend()
  expect(window.resume()).toBe(true)
  expect(clock.pendingTimers).toBe(0)
  clock.advance(5_000)
  expect(log).toEqual(["suspended 1000"])
})

test("without a length waits for ever", () => {
  const { clock, log, window } = windowOf(undefined)
  window.suspend(50)
  expect(clock.pendingTimers).toBe(0)
  clock.advance(1_000_000)
  expect(log).toEqual(["suspended 50"])
})
