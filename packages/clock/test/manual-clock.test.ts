import { expect, test } from "vitest"
import { ManualClock, SeededRandom } from "../src/testing.ts"

test("fires timers in order of their time, at their own time", () => {
  const clock = new ManualClock()
  const fired: [string, number][] = []
  clock.setTimer(20, () => fired.push(["late", clock.now()]))
  clock.setTimer(10, () => {
    fired.push(["early", clock.now()])
    clock.setTimer(5, () => fired.push(["nested", clock.now()]))
  })
  clock.advance(30)
  expect(fired).toEqual([
    ["early", 10],
    ["nested", 15],
    ["late", 20],
  ])
  expect(clock.now()).toBe(30)
})

test("never fires a cancelled timer, and counts it as gone", () => {
  const clock = new ManualClock()
  const timer = clock.setTimer(10, () => expect.unreachable())
  expect(clock.pendingTimers).toBe(1)
  timer.cancel()
  expect(clock.pendingTimers).toBe(0)
  clock.advance(100)
})

test("runs deferred callbacks, and those that they defer, before any timer", () => {
  const clock = new ManualClock()
  const order: string[] = []
  clock.setTimer(0, () => order.push("timer"))
  clock.defer(() => {
    order.push("first")
    clock.defer(() => order.push("second"))
  })
  clock.advance(0)
  expect(order).toEqual(["first", "second", "timer"])
})

test("steps to the next timer however far it lies, and says when none is left", () => {
  const clock = new ManualClock()
  let fired = 0
  clock.setTimer(3_600_000, () => fired++)
  expect(clock.step()).toBe(true)
  expect([fired, clock.now()]).toEqual([1, 3_600_000])
  expect(clock.step()).toBe(false)
})

test("repeats a random sequence from its seed, and only from it", () => {
  const take = (seed: number) => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 20 }, () => random.integer(1, 6))
  }
  expect(take(7)).toEqual(take(7))
  expect(take(7)).not.toEqual(take(8))
  expect(take(7).every((n) => n >= 1 && n <= 6)).toBe(true)
})
