import type { LaneItem, StreamReader } from "@luxbus/dual-stream"
import { BusError, Codec, flagsOf, Lane, LIMITS } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Assembly } from "../src/assembly.ts"
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
  lane.bind(reader as unknown as StreamReader, new Assembly())
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

test("a gap tells how many chunks are missing, where that is known", () => {
  const told: unknown[] = []
  const missedOf = (item: LaneItem, isSparse = false, listens = true): unknown => {
    const lane = new ReadableLane(Lane.main, ({ missed }) => {
      told.push(missed)
      return listens
    })
    const items = [item]
    const reader = { take: () => items.shift(), lane: () => ({ beginsInside: false }), outcome: undefined, isSparse }
    lane.bind(reader as unknown as StreamReader, new Assembly())
    lane.tryRead()
    return told.at(-1)
  }
  const ranges = [[0, 1] as const, [5, 9] as const]
  const gap: LaneItem = { type: "gap", lane: "main", ranges, first: 10, message: 10, reason: "evicted" }
  expect([missedOf(gap), missedOf(gap, true), missedOf({ ...gap, reason: "epoch" })]).toEqual([7, undefined, undefined])
  expect(() => missedOf(gap, false, false)).toThrow(
    expect.objectContaining({ code: "gap", details: expect.objectContaining({ missed: 7 }) }),
  )
})

test("a text that follows a gap from its beginning is kept", () => {
  const lane = laneOf([gapTo(3, 3), chunk(3, "half ", Codec.utf8, true), chunk(4, "and half", Codec.utf8)])
  expect(lane.tryRead()).toBe("half and half")
})

test("who begins inside of a value gets the next one; bytes have no beginning", () => {
  expect(laneOf([chunk(7, "1}", Codec.json), chunk(8, "2", Codec.json)], true).tryRead()).toBe(2)
  expect(laneOf([chunk(7, "ab", Codec.bytes)], true).tryRead()).toEqual(encode("ab"))
})

const MIB = new Uint8Array(1024 * 1024).fill(0x20)

/** A lane of a bus, on a reader that is handed chunks of 1 MiB and may be refused. */
function growing(assembly: Assembly, codec: Codec = Codec.json) {
  const items: LaneItem[] = []
  const refusals: string[] = []
  const lane = new ReadableLane(Lane.main, () => true)
  const reader = {
    take: () => items.shift(),
    lane: () => ({ beginsInside: false }),
    outcome: undefined,
    refuse: ({ code }: BusError) => void refusals.push(code),
  }
  lane.bind(reader as unknown as StreamReader, assembly)
  const push = (count: number, isLast = false) => {
    for (let i = 1; i <= count; i++) {
      const flags = flagsOf(codec, !(isLast && i === count))
      items.push({ type: "chunk", number: 0, data: MIB, flags, cost: 64, origin: undefined })
    }
    return lane.tryRead()
  }
  return { lane, push, refusals }
}

test("a message of more than 16 MiB is too_large: its stream is reset, and what it held is given back", () => {
  const assembly = new Assembly()
  const { push, refusals } = growing(assembly, Codec.utf8)
  expect(push(16, true)).toHaveLength(LIMITS.assembledMessageBytes)
  expect(push(16)).toBeUndefined()
  expect(() => push(1, true)).toThrow(expect.objectContaining({ code: "too_large" }))
  expect(refusals).toEqual(["too_large"])
  for (let i = 0; i < 4; i++) expect(growing(assembly).push(16)).toBeUndefined()
})

test("messages of more than 64 MiB in one bus are too_large: the stream that would pass it is reset, alone", () => {
  const assembly = new Assembly()
  const lanes = Array.from({ length: 5 }, () => growing(assembly, Codec.utf8))
  for (const { push } of lanes.slice(0, 4)) expect(push(15)).toBeUndefined()
  expect(() => lanes[4]!.push(5)).toThrow(expect.objectContaining({ code: "too_large" }))
  expect(lanes.map(({ refusals }) => refusals.length)).toEqual([0, 0, 0, 0, 1])
  expect(lanes[0]!.push(1, true)).toHaveLength(LIMITS.assembledMessageBytes)
  expect(growing(assembly).push(16)).toBeUndefined()
})

test("a message that goes into a gap, or whose handle is closed, is no longer assembled", () => {
  const assembly = new Assembly()
  const closed = Array.from({ length: 4 }, () => growing(assembly))
  for (const { lane, push } of closed) {
    push(15)
    lane.close(new BusError("closed", "over"))
    expect(push(1, true)).toBeUndefined()
  }
  const items: LaneItem[] = [chunk(0, "lost", Codec.utf8, true), gapTo(3, 3)]
  const lane = new ReadableLane(Lane.main, () => true)
  const reader = { take: () => items.shift(), lane: () => ({ beginsInside: false }), outcome: undefined }
  lane.bind(reader as unknown as StreamReader, assembly)
  expect(lane.tryRead()).toBeUndefined()
  for (let i = 0; i < 4; i++) expect(growing(assembly).push(16)).toBeUndefined()
})

test("a message whose stream was reset is no longer assembled once reading throws", async () => {
  const assembly = new Assembly()
  for (const { lane, push } of Array.from({ length: 4 }, () => growing(assembly))) {
    push(15)
    lane.fail(new BusError("peer_lost", "gone"))
    await expect(lane.next()).rejects.toMatchObject({ code: "peer_lost" })
  }
  for (let i = 0; i < 4; i++) expect(growing(assembly).push(16)).toBeUndefined()
})

test.each(["closed", "peer_lost"] as const)(
  "what has arrived when the other side resets with %s is read still",
  async (code) => {
    const lane = laneOf([chunk(0, "a", Codec.utf8), chunk(1, "b", Codec.utf8)])
    lane.fail(new BusError(code, "reset"))
    expect([await lane.next(), await lane.next()]).toEqual(["a", "b"])
    await expect(lane.next()).rejects.toMatchObject({ code })
  },
)
