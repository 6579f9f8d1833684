import type { Timer } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import type { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { Principal } from "../src/index.ts"
import { Standing } from "../src/standing.ts"

const DAY_MS = 86_400_000

/** A platform's timer: one that is asked for too much fires at once. */
class TimerClock extends ManualClock {
  override setTimer(delayMs: number, callback: () => void): Timer {
    expect(delayMs).toBeLessThan(2 ** 31)
    return super.setTimer(delayMs, callback)
  }
}

function setUp(principal: Principal) {
  const clock = new TimerClock()
  const ends: string[] = []
  const expire = (error: BusError) => ends.push(error.code)
  return { clock, ends, standing: new Standing(clock, principal, expire) }
}

/** Unix ms of a manual clock's beginning. */
const BEGIN_MS = new ManualClock().wallNow()

test("is over at its very time, once", () => {
  const { clock, ends } = setUp({ id: "ci", expiresAtMs: BEGIN_MS + 1_000 })
  clock.advance(999)
  expect(ends).toEqual([])
  clock.advance(1)
  expect(ends).toEqual(["unauthenticated"])
  clock.advance(10_000)
  expect([ends.length, clock.pendingTimers]).toEqual([1, 0])
})

test("is over on time where that is later than a timer takes", () => {
  const { clock, ends } = setUp({ id: "ci", expiresAtMs: BEGIN_MS + 60 * DAY_MS })
  clock.advance(60 * DAY_MS - 1)
  expect(ends).toEqual([])
  clock.advance(1)
  expect(ends).toEqual(["unauthenticated"])
})

test("does not begin with a token that has expired, nor with a time that is none", () => {
  for (const expiresAtMs of [BEGIN_MS, BEGIN_MS - 1, Number.NaN]) {
    expect(() => setUp({ id: "ci", expiresAtMs })).toThrow(expect.objectContaining({ code: "unauthenticated" }))
  }
})

test("goes on by another token of the same principal, with what that may", () => {
  const { clock, ends, standing } = setUp({ id: "ci", expiresAtMs: BEGIN_MS + 1_000, permissions: { open: ["a"] } })
  clock.advance(500)
  standing.renew({ id: "ci", expiresAtMs: BEGIN_MS + 3_000, permissions: { open: ["b"] } })
  expect([standing.permits("open", "a"), standing.permits("open", "b")]).toEqual([false, true])
  clock.advance(2_499)
  expect(ends).toEqual([])
  standing.renew({ id: "ci" })
  expect([standing.permits("open", "a"), standing.expiresAtMs, clock.pendingTimers]).toEqual([true, undefined, 0])
})

test.each([
  ["another principal's", { id: "cd" }, "forbidden"],
  ["nobody's", { anonymous: true }, "forbidden"],
  ["an expired one", { id: "ci", expiresAtMs: BEGIN_MS }, "unauthenticated"],
  ["one with malformed permissions", { id: "ci", permissions: { open: ["a..b"] } }, "internal"],
] as const)("stays as it was where the token is %s", (_whose, principal, code) => {
  const { clock, ends, standing } = setUp({ id: "ci", expiresAtMs: BEGIN_MS + 1_000, permissions: { open: ["a"] } })
  expect(() => standing.renew(principal)).toThrow(expect.objectContaining({ code }))
  expect([standing.permits("open", "a"), standing.permits("open", "b")]).toEqual([true, false])
  clock.advance(1_000)
  expect(ends).toEqual(["unauthenticated"])
})

test("leaves no timer when the connection is over", () => {
  const { clock, standing } = setUp({ id: "ci", expiresAtMs: BEGIN_MS + 1_000 })
  standing.stop()
  expect(clock.pendingTimers).toBe(0)
})
