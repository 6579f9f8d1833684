import { ManualClock } from "@luxbus/clock/testing"
import fc from "fast-check"
import { expect, test } from "vitest"
import { TokenBucket } from "../src/token-bucket.ts"

const rate = fc.record({
  perSecond: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1_000 }),
})
const step = fc.oneof(
  fc.record({ type: fc.constant("wait" as const), amount: fc.integer({ min: 0, max: 5_000 }) }),
  fc.record({ type: fc.constant("try" as const), amount: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ type: fc.constant("take" as const), amount: fc.integer({ min: 0, max: 500 }) }),
)

test("never gives more than the burst and what has passed since, and gives what it promised when it promised", () => {
  fc.assert(
    fc.property(rate, fc.array(step, { maxLength: 60 }), ({ perSecond, burst }, steps) => {
      const clock = new ManualClock()
      const bucket = new TokenBucket(clock, { perSecond, burst })
      let given = 0
      const promised = () => burst + (clock.now() * perSecond) / 1_000 + 1e-3
      for (const { type, amount } of steps) {
        if (type === "wait") clock.advance(amount)
        else if (type === "take") {
          bucket.take(amount)
          given += amount
          const { owedMs, owed } = bucket
          expect(owed > 1e-6).toBe(owedMs > 0)
          clock.advance(owedMs)
          expect(bucket.owedMs).toBe(0)
          expect(given).toBeLessThanOrEqual(promised())
        } else {
          for (let i = 0; i < amount; i++) {
            const waitMs = bucket.tryTake()
            if (waitMs === 0) given++
            else if (i === 0) {
              clock.advance(waitMs)
              expect(bucket.tryTake()).toBe(0)
              given++
            }
            expect(given).toBeLessThanOrEqual(promised())
          }
        }
      }
    }),
  )
})

test("is full at first, and no fuller after a long time", () => {
  const clock = new ManualClock()
  const bucket = new TokenBucket(clock, { perSecond: 2, burst: 3 })
  const takeAll = () => Array.from({ length: 4 }, () => bucket.tryTake())
  expect(takeAll()).toEqual([0, 0, 0, 500])
  clock.advance(1_000_000)
  expect(takeAll()).toEqual([0, 0, 0, 500])
})

test("gives a second's worth at once unless told otherwise, and one at least", () => {
  const clock = new ManualClock()
  const burstOf = (perSecond: number) => {
    const bucket = new TokenBucket(clock, { perSecond })
    let count = 0
    while (bucket.tryTake() === 0) count++
    return count
  }
  expect([burstOf(5), burstOf(0.5)]).toEqual([5, 1])
})
