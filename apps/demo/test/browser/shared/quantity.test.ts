import { expect, test } from "vitest"
import { formatAge, formatBytes, formatCount, formatDuration } from "../../../src/browser/shared/quantity.ts"

test("bytes, by powers of 1000", () => {
  expect([0, 999, 1_000, 1_234_567, 5e15].map(formatBytes)).toEqual(["0 B", "999 B", "1.0 kB", "1.2 MB", "5000.0 TB"])
})

test("lengths of time", () => {
  expect([420, 3_400, 125_000, 4_320_000].map(formatDuration)).toEqual(["420 ms", "3.4 s", "2 min 05 s", "1 h 12 min"])
})

test("ages, never negative", () => {
  expect([-9_000, 4_000, 40_000, 720_000, 7_200_000].map(formatAge)).toEqual(["now", "now", "40 s", "12 min", "2 h"])
})

test("counts in groups", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567")
})
