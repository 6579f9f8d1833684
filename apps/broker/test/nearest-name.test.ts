import { expect, test } from "vitest"
import { nearestName } from "../src/index.ts"

const NAMES = ["serve", "send", "receive", "run", "attach"]

test.each([
  ["atach", "attach"],
  ["recieve", "receive"],
  ["sned", "send"],
  ["SERVE", "serve"],
  ["ran", "run"],
])("takes %s for %s", (slip, meant) => {
  expect(nearestName(slip, NAMES)).toBe(meant)
})

test("guesses nothing for a word that is far from all", () => {
  expect(nearestName("banana", NAMES)).toBeUndefined()
  expect(nearestName("x", [])).toBeUndefined()
})
