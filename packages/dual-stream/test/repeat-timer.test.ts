import { ManualClock } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { RepeatTimer } from "../src/index.ts"

function timerOf() {
  const clock = new ManualClock()
  const firedAt: number[] = []
  const timer = new RepeatTimer(clock, () => firedAt.push(clock.now()))
  return { clock, firedAt, timer }
}

test("repeats after 0.2·2^k seconds, at most 5 seconds apart", () => {
  const { clock, firedAt, timer } = timerOf()
  timer.start()
  clock.advance(26_000)
  const pauses = firedAt.map((at, i) => at - (firedAt[i - 1] ?? 0))
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
})

test("begins again with the first pause when answered", () => {
  const { clock, firedAt, timer } = timerOf()
  timer.start()
  clock.advance(700)
  timer.answered(true)
  expect(timer.attempts).toBe(0)
  clock.advance(250)
  expect(firedAt).toEqual([200, 600, 900])
})

test("holds one timer, however often it is started and answered", () => {
  const { clock, firedAt, timer } = timerOf()
  for (let i = 0; i < 100; i++) {
    timer.start()
    timer.answered(true)
    clock.advance(10)
    expect(clock.pendingTimers).toBe(1)
  }
  expect(firedAt).toEqual([])
  timer.answered(false)
  expect(timer.running).toBe(false)
  clock.advance(5_000)
  expect(firedAt).toEqual([])
  expect(clock.pendingTimers).toBe(0)
})

test("moves its timer lazily: being answered all the time sets hardly any", () => {
  const clock = new ManualClock()
  let timersSet = 0
  const timer = new RepeatTimer(
    {
      now: () => clock.now(),
      wallNow: () => clock.wallNow(),
      defer: (callback) => clock.defer(callback),
      setTimer(delayMs, callback) {
        timersSet++
        return clock.setTimer(delayMs, callback)
      },
    },
    () => {},
  )
  for (let ms = 0; ms < 1_000; ms++) {
    timer.start()
    timer.answered(true)
    clock.advance(1)
  }
  expect(timersSet).toBeLessThanOrEqual(6)
})

test("starting while it runs does not put it off", () => {
  const { clock, firedAt, timer } = timerOf()
  timer.start()
  clock.advance(150)
  timer.start()
  clock.advance(50)
  expect(firedAt).toEqual([200])
})

test("is moved forward when a shorter pause begins", () => {
  const { clock, firedAt, timer } = timerOf()
  timer.start()
  clock.advance(1_400)
  timer.answered(true)
  clock.advance(200)
  expect(firedAt).toEqual([200, 600, 1_400, 1_600])
})

test("leaves nothing behind when stopped", () => {
  const { clock, firedAt, timer } = timerOf()
  timer.start()
  clock.advance(700)
  timer.stop()
  expect([clock.pendingTimers, timer.attempts, timer.running]).toEqual([0, 0, false])
  clock.advance(10_000)
  expect(firedAt).toEqual([200, 600])
})
