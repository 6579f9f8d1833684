import { expect, test } from "vitest"
import { formatBytes, formatDuration, parseSeconds } from "../src/quantity.ts"

test.each([
  [0, "0 B"],
  [0.4, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [1_234_567, "1.2 MB"],
  [5e15, "5000.0 TB"],
])("%d bytes", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, "0 ms"],
  [420, "420 ms"],
  [3_440, "3.4 s"],
  [125_000, "2 min 05 s"],
  [4_320_000, "1 h 12 min"],
])("%d ms", (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test("seconds are read as milliseconds, and nothing else is", () => {
  expect([parseSeconds("0"), parseSeconds("1.5"), parseSeconds("30")]).toEqual([0, 1_500, 30_000])
  expect(["", " ", "x", "-1", "Infinity"].map(parseSeconds)).toEqual(Array(5).fill(undefined))
})
