import { ManualClock } from "@luxbus/clock/testing"
import { memoryPair } from "@luxbus/transport"
import { expect, test } from "vitest"
import { HeldStarts, MAX_HELD_STARTS } from "../src/held-starts.ts"
import { MuxSide } from "./mux-side.ts"

test("beyond 256 held STARTs further ones are refused, and a repeated one takes its own place", () => {
  const clock = new ManualClock()
  const { mux } = new MuxSide(clock, memoryPair({ clock }).near, "client")
  const held = new HeldStarts()
  const hold = (i: number, alias = i) => held.hold(`bob\njob.${i}`, mux, (0x8000_0001 + alias) >>> 0)
  for (let i = 0; i < MAX_HELD_STARTS; i++) hold(i)
  for (let i = 0; i < MAX_HELD_STARTS; i++) hold(i, 500 + i)
  expect([held.size, mux.boundCount]).toEqual([MAX_HELD_STARTS, MAX_HELD_STARTS])
  expect(() => hold(900)).toThrow(expect.objectContaining({ code: "rate_limited" }))
  held.clear()
  expect([held.size, mux.boundCount]).toEqual([0, 0])
})
