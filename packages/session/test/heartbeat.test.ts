import type { Clock } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { DEFAULT_HEARTBEAT, Heartbeat } from "../src/heartbeat.ts"

test("the defaults are 25 s and 8 s", () => {
  expect(DEFAULT_HEARTBEAT).toEqual({ intervalMs: 25_000, timeoutMs: 8_000 })
})

test("one timer at most is set, however much is heard, and none once it was stopped", () => {
  const clock = new ManualClock()
  const heartbeat = new Heartbeat(clock, DEFAULT_HEARTBEAT, { ping: () => {}, dead: () => {} })
  for (let i = 0; i < 100; i++) {
    clock.advance(1_000)
    heartbeat.heard()
    expect(clock.pendingTimers).toBe(1)
  }
  heartbeat.stop()
  expect(clock.pendingTimers).toBe(0)
})

test("after a sleep of the machine the other side still has its time to answer the ping", () => {
  // A clock whose timers fire an hour late, once.
  const inner = new ManualClock()
  let asleepMs = 3_600_000
  const clock: Clock = {
    now: () => inner.now(),
    wallNow: () => inner.wallNow(),
    defer: (callback) => inner.defer(callback),
    setTimer: (delayMs, callback) => {
      const timer = inner.setTimer(delayMs + asleepMs, callback)
      asleepMs = 0
      return timer
    },
  }
  const log: string[] = []
  const at = (what: string) => () => void log.push(`${what} ${inner.now()}`)
  new Heartbeat(clock, DEFAULT_HEARTBEAT, { ping: at("ping"), dead: at("dead") })
  inner.advance(4_000_000)
  expect(log).toEqual(["ping 3625000", "dead 3633000"])
})
