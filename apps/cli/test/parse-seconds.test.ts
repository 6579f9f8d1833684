import { expect, test } from "vitest"
import { parseSeconds } from "../src/parse-seconds.ts"

test("seconds are read as milliseconds, and nothing else is", () => {
  expect([parseSeconds("0"), parseSeconds("1.5"), parseSeconds("30")]).toEqual([0, 1_500, 30_000])
  expect(["", " ", "x", "-1", "Infinity"].map(parseSeconds)).toEqual(Array(5).fill(undefined))
})
