import { beforeEach, expect, test } from "vitest"
import { TypingPace } from "../../../src/browser/type/typing-pace.ts"

let nowMs: number
let pace: TypingPace
beforeEach(() => {
  nowMs = 1_000
  pace = new TypingPace(() => nowMs)
})

const edit = (by: string, seq: number) => ({ type: "edit", by, seq }) as const

test("keystrokes per second are those of the last two seconds, of all", () => {
  expect(pace.perSecond).toBe(0)
  for (let seq = 1; seq <= 6; seq++) pace.cameBack(edit(seq % 2 === 0 ? "a" : "b", seq), false)
  nowMs += 1_000
  pace.cameBack(edit("a", 7), false)
  expect(pace.perSecond).toBe(3.5)
  nowMs += 1_000
  expect(pace.perSecond).toBe(0.5)
  nowMs += 1_000
  expect(pace.perSecond).toBe(0)
})

test("the round trip is that of the last key of one's own that came back, the first time", () => {
  pace.typed(1)
  nowMs += 20
  pace.cameBack(edit("other", 1), false)
  expect(pace.latencyMs).toBeUndefined()
  pace.cameBack(edit("me", 1), true)
  expect([pace.latencyMs, pace.lastMessage]).toEqual([20, edit("me", 1)])
  nowMs += 50
  pace.cameBack(edit("me", 1), true)
  expect(pace.latencyMs).toBe(20)
})

test("who has typed is typing for a moment", () => {
  expect(pace.isTyping("a")).toBe(false)
  pace.cameBack(edit("a", 1), false)
  nowMs += 1_499
  expect([pace.isTyping("a"), pace.isTyping("b")]).toEqual([true, false])
  nowMs += 1
  expect(pace.isTyping("a")).toBe(false)
})
