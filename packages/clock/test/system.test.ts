import { expect, test } from "vitest"
import { systemClock, systemRandom } from "../src/index.ts"

test("defers to the end of the turn, after microtasks and before a timer", async () => {
  const clock = systemClock()
  const order: string[] = []
  await new Promise<void>((resolve) => {
    clock.setTimer(5, () => {
      order.push("timer")
      resolve()
    })
    clock.defer(() => order.push("deferred"))
    void Promise.resolve().then(() => order.push("microtask"))
    order.push("now")
  })
  expect(order).toEqual(["now", "microtask", "deferred", "timer"])
})

test("never fires a cancelled timer", async () => {
  const clock = systemClock()
  let fired = false
  clock
    .setTimer(1, () => {
      fired = true
    })
    .cancel()
  await new Promise<void>((resolve) => void clock.setTimer(10, resolve))
  expect(fired).toBe(false)
})

test("moves forward", async () => {
  const clock = systemClock()
  const before = clock.now()
  await new Promise<void>((resolve) => void clock.setTimer(2, resolve))
  expect(clock.now()).toBeGreaterThan(before)
  expect(Math.abs(clock.wallNow() - Date.now())).toBeLessThan(1_000)
})

test("gives random bytes of the asked length and floats in [0, 1)", () => {
  const random = systemRandom()
  expect(random.bytes(32)).toHaveLength(32)
  expect(random.bytes(32)).not.toEqual(random.bytes(32))
  const float = random.float()
  expect(float >= 0 && float < 1).toBe(true)
})
