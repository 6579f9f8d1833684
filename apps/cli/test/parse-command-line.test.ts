import { expect, test } from "vitest"
import { defineCommand } from "../src/command.ts"
import { parseCommandLine } from "../src/parse-command-line.ts"

const command = defineCommand({
  name: "try",
  usage: "try",
  summary: "try",
  positionals: [0, 9],
  options: {
    id: { type: "string", value: "<id>", description: "an id" },
    once: { type: "boolean", description: "once" },
    page: { type: "boolean", negatable: true, description: "page" },
  },
  examples: [],
  run: async () => 0,
})

const parse = (...args: readonly string[]) => parseCommandLine(command, args)

test("keeps text as it was typed: an id of digits is no number", () => {
  expect(parse("--id", "007", "1e5")).toMatchObject({ options: { id: "007" }, positionals: ["1e5"] })
})

test("takes values behind a space or an equals sign, in any place", () => {
  expect(parse("a", "--id=x=y", "b", "--once")).toMatchObject({
    options: { id: "x=y", once: true },
    positionals: ["a", "b"],
  })
})

test("takes a no- before what is true by default, and before nothing else", () => {
  expect(parse("--no-page")).toMatchObject({ options: { page: false } })
  expect(parse("--page")).toMatchObject({ options: { page: true } })
  expect(() => parse("--no-once")).toThrow(/has no --no-once/)
})

test("takes a lone dash as an argument", () => {
  expect(parse("-")).toMatchObject({ positionals: ["-"] })
})

test("leaves everything behind two dashes alone", () => {
  expect(parse("--once", "--", "ls", "--help", "--", "-la")).toEqual({
    help: false,
    options: { once: true },
    positionals: [],
    rest: ["ls", "--help", "--", "-la"],
  })
})

test("takes the last of a flag that is given twice", () => {
  expect(parse("--id", "a", "--id", "b")).toMatchObject({ options: { id: "b" } })
})

test("refuses names that every object has", () => {
  expect(() => parse("--constructor", "x")).toThrow(/has no --constructor/)
})
