import { describe, expect, it } from "vitest"
import { HELP, parseOptions, UsageError } from "../src/options.ts"
import { WORKS } from "../src/works.ts"

describe("parseOptions", () => {
  it("measures every work in five rounds of two seconds unless told otherwise", () => {
    expect(parseOptions([])).toEqual({
      works: ["fan-out", "one-to-one", "bulk", "keystrokes"],
      rounds: 5,
      seconds: 2,
      json: undefined,
      profile: undefined,
      write: false,
      help: false,
    })
  })

  it("takes names of works, and runs them in their usual order", () => {
    expect(parseOptions(["bulk", "fan-out"]).works).toEqual(["fan-out", "bulk"])
  })

  it("takes options anywhere", () => {
    const args = ["--rounds", "3", "bulk", "--seconds=0.5", "--json", "a.json", "--profile", "p"]
    expect(parseOptions(args)).toMatchObject({ works: ["bulk"], rounds: 3, seconds: 0.5, json: "a.json", profile: "p" })
  })

  it.each([
    [["slow"], 'There is no work "slow"'],
    [["--rounds", "0"], "--rounds"],
    [["--rounds", "2.5"], "whole number"],
    [["--rounds", "101"], "at most 100"],
    [["--seconds", "-1"], "--seconds"],
    [["--seconds", "61"], "at most 60"],
    [["--seconds", "soon"], "--seconds"],
    [["--fast"], "--fast"],
    [["--json"], "--json"],
    [["bulk", "--write"], "--write needs all works"],
  ])("refuses %j", (args, text) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(text)
  })

  it("takes --write with all works", () => {
    expect(parseOptions(["--write"]).write).toBe(true)
    expect(parseOptions(["--write", "keystrokes", "bulk", "one-to-one", "fan-out"]).write).toBe(true)
  })
})

it("names every work and option in its help", () => {
  for (const { name } of WORKS) expect(HELP).toContain(`  ${name} `)
  for (const option of ["--rounds", "--seconds", "--json", "--write", "--profile", "--help"])
    expect(HELP).toContain(option)
})
