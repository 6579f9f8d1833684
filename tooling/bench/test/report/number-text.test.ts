import { expect, it } from "vitest"
import { countText, mibText, percentText, threeDigits } from "../../src/report/number-text.ts"

const MIB = 1_024 * 1_024

it("writes counts from ten thousand on in thousands, in groups of three digits", () => {
  expect([950, 3_896, 9_999, 10_000, 82_450, 4_013_000].map(countText)).toEqual([
    "950",
    "3 896",
    "9 999",
    "10 k",
    "82 k",
    "4 013 k",
  ])
})

it("writes MiB with a decimal below ten", () => {
  expect([0.04 * MIB, 9.94 * MIB, 9.96 * MIB, 601.6 * MIB, 1_234 * MIB].map(mibText)).toEqual([
    "0.0",
    "9.9",
    "10",
    "602",
    "1 234",
  ])
})

it("keeps three digits that mean something", () => {
  expect([0.0731, 0.9996, 1.006, 9.996, 13.16, 99.96, 143.4, 1_500].map(threeDigits)).toEqual([
    "0.073",
    "1.00",
    "1.01",
    "10.0",
    "13.2",
    "100",
    "143",
    "1 500",
  ])
})

it("writes shares in per cent", () => {
  expect([0, 0.874, 1.3].map(percentText)).toEqual(["0 %", "87 %", "130 %"])
})
