import type { LaneItem, StreamReader } from "@luxbus/dual-stream"
import { Codec, flagsOf, Lane } from "@luxbus/packet"
import { expect, test } from "vitest"
import { ReadableLane } from "../src/readable-lane.ts"

const encode = (text: string) => new TextEncoder().encode(text)

function chunk(number: number, text: string, codec: Codec, more = false): LaneItem {
  return { type: "chunk", number, data: encode(text), flags: flagsOf(codec, more), cost: 64, origin: undefined }
}

function gapTo(first: number, message: number): LaneItem {
  return { type: "gap", lane: "main", ranges: [[0, first - 1]], first, message, reason: "lagged" }
}

/** A lane whose reader has these items. */
function laneOf(items: LaneItem[], beginsInside = false): ReadableLane {
  const lane = new ReadableLane(Lane.main, () => true)
  const reader = { take: () => items.shift(), lane: () => ({ beginsInside }), outcome: undefined }
  lane.bind(reader as unknown as StreamReader)
  return lane
}

test("a text whose beginning went into a gap is skipped, not taken for a whole one", () => {
  const lane = laneOf([
    chunk(0, "lost ", Codec.utf8, true),
    gapTo(3, 0),
    chunk(3, "its rest, ", Codec.utf8, true),
    chunk(4, "to the end", Codec.utf8),
    chunk(5, "whole", Codec.utf8),
  ])
  expect(lane.tryRead()).toBe("whole")
})

test("a text that follows a gap from its beginning is kept", () => {
  const lane = laneOf([gapTo(3, 3), chunk(3, "half ", Codec.utf8, true), chunk(4, "and half", Codec.utf8)])
  expect(lane.tryRead()).toBe("half and half")
})

test("who begins inside of a value gets the next one; bytes have no beginning", () => {
  expect(laneOf([chunk(7, "1}", Codec.json), chunk(8, "2", Codec.json)], true).tryRead()).toBe(2)
  expect(laneOf([chunk(7, "ab", Codec.bytes)], true).tryRead()).toEqual(encode("ab"))
})
