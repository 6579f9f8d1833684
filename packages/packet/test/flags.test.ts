import { expect, test } from "vitest"
import {
  ChunkFlag,
  Codec,
  chunkCost,
  codecOf,
  flagsOf,
  Lane,
  LIMITS,
  laneName,
  laneOf,
  WRITER_LIMITS,
} from "../src/index.ts"

test("the codec and MORE come back out of the flags", () => {
  for (const codec of Object.values(Codec)) {
    expect(codecOf(flagsOf(codec, true))).toBe(codec)
    expect(flagsOf(codec, true) & ChunkFlag.more).toBe(ChunkFlag.more)
    expect(flagsOf(codec, false) & ChunkFlag.more).toBe(0)
  }
  expect(flagsOf(Codec.named, false)).toBe(0x60)
})

test("lanes have XStream's numbers, and their names lead back to them", () => {
  expect(Lane).toEqual({ main: 1, error: 2, control: 3 })
  for (const lane of Object.values(Lane)) expect(laneOf(laneName(lane))).toBe(lane)
})

test("a chunk costs its data and 64 more", () => {
  expect(chunkCost(0)).toBe(64)
  expect(chunkCost(WRITER_LIMITS.chunkBytes)).toBe(65_600)
})

test("what travels early is 16 KiB together, and no limit can be changed", () => {
  expect(WRITER_LIMITS.earlyBytes.main + WRITER_LIMITS.earlyBytes.error).toBe(16 * 1024)
  expect(Object.isFrozen(LIMITS) && Object.isFrozen(LIMITS.windowBytes)).toBe(true)
})
