import type { Random } from "@luxbus/clock"
import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { describe, expect, test } from "vitest"
import {
  RECONNECT_FIRST_MS,
  RECONNECT_LATE_MS,
  RECONNECT_PATIENCE_MS,
  RECONNECT_SOON_MS,
  Reconnect,
} from "../src/index.ts"

/** Attempts that all fail, and the pauses before them, until so much time has passed. */
function pausesOf(random: Random, totalMs: number): { at: number; pauseMs: number }[] {
  const clock = new ManualClock()
  const reconnect = new Reconnect(clock, random)
  const pauses: { at: number; pauseMs: number }[] = []
  const next = (): void => {
    const at = clock.now()
    reconnect.schedule(() => {
      pauses.push({ at, pauseMs: clock.now() - at })
      next()
    })
  }
  next()
  clock.advance(totalMs)
  return pauses
}

const always = (value: number): Random => ({ float: () => value, bytes: (length) => new Uint8Array(length) })

describe("the pauses before attempts to reconnect", () => {
  test("double from 250 ms to 4 s, stay there for two minutes, then go up to 30 s, for ever", () => {
    const pauses = pausesOf(always(1), 3_600_000)
    expect(pauses.slice(0, 6).map(({ pauseMs }) => pauseMs)).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000])
    const early = pauses.filter(({ at }) => at < RECONNECT_PATIENCE_MS)
    const late = pauses.filter(({ at }) => at >= RECONNECT_PATIENCE_MS)
    expect(Math.max(...early.map(({ pauseMs }) => pauseMs))).toBe(RECONNECT_SOON_MS)
    expect(new Set(late.map(({ pauseMs }) => pauseMs))).toEqual(new Set([RECONNECT_LATE_MS]))
    expect(late.length).toBeGreaterThan(100)
  })

  test("are spread over the whole range below, so that clients do not come together", () => {
    for (let seed = 0; seed < 20; seed++) {
      const pauses = pausesOf(new SeededRandom(seed), 600_000)
      pauses.forEach(({ at, pauseMs }, i) => {
        const most = at < RECONNECT_PATIENCE_MS ? RECONNECT_SOON_MS : RECONNECT_LATE_MS
        expect(pauseMs).toBeLessThanOrEqual(Math.min(most, RECONNECT_FIRST_MS * 2 ** i))
        expect(pauseMs).toBeGreaterThanOrEqual(0)
      })
      const soon = pauses.filter(({ at }) => at < RECONNECT_PATIENCE_MS).slice(5)
      expect(soon.some(({ pauseMs }) => pauseMs < RECONNECT_SOON_MS / 4)).toBe(true)
      expect(soon.some(({ pauseMs }) => pauseMs > (RECONNECT_SOON_MS * 3) / 4)).toBe(true)
    }
  })

  test("begin anew after a connection", () => {
    const clock = new ManualClock()
    const reconnect = new Reconnect(clock, always(1))
    const scheduleAt = (): number => {
      const from = clock.now()
      let at = 0
      reconnect.schedule(() => {
        at = clock.now()
      })
      clock.step()
      return at - from
    }
    for (let i = 0; i < 40; i++) scheduleAt()
    expect(scheduleAt()).toBe(RECONNECT_LATE_MS)
    expect(reconnect.attempts).toBe(41)
    reconnect.succeeded()
    expect(reconnect.attempts).toBe(0)
    expect([scheduleAt(), scheduleAt()]).toEqual([250, 500])
    expect(Array.from({ length: 10 }, scheduleAt).at(-1)).toBe(RECONNECT_SOON_MS)
  })

  test("are at least what a broker that goes away asked for", () => {
    const clock = new ManualClock()
    const reconnect = new Reconnect(clock, always(0.5))
    let at = 0
    reconnect.schedule(() => {
      at = clock.now()
    }, 900)
    clock.advance(10_000)
    expect(at).toBe(900)
  })

  test("leave one attempt planned at most, and none once stopped", () => {
    const clock = new ManualClock()
    const reconnect = new Reconnect(clock, always(1))
    let attempts = 0
    reconnect.schedule(() => attempts++)
    reconnect.schedule(() => attempts++)
    expect(clock.pendingTimers).toBe(1)
    reconnect.stop()
    clock.advance(60_000)
    expect([attempts, clock.pendingTimers]).toEqual([0, 0])
  })
})
