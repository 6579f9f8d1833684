import { describe, expect, test } from "vitest"
import { parseOptions, UsageError } from "../src/options.ts"

describe("the command line", () => {
  test("hunts a hundred seeds from the first on unless it says otherwise", () => {
    expect(parseOptions([])).toMatchObject({ task: "hunt", from: 1, seeds: 100, minutes: undefined })
    expect(parseOptions(["--minutes", "0.5", "--from", "7", "--workers", "3"])).toMatchObject({
      task: "hunt",
      from: 7,
      minutes: 0.5,
      workers: 3,
    })
  })

  test("replays one seed, or plants mutants, some by name", () => {
    expect(parseOptions(["--replay", "19"])).toMatchObject({ task: "replay", from: 19 })
    expect(parseOptions(["--mutants", "lost-end"])).toMatchObject({
      task: "mutants",
      names: ["lost-end"],
      seeds: 1_000,
    })
  })

  test.each([
    ["--seeds", "x"],
    ["--seeds", "0"],
    ["--minutes", "-1"],
    ["--seeds", "1", "--minutes", "1"],
    ["what"],
    ["--no"],
  ])("is refused: %s %s", (...args) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
  })
})
