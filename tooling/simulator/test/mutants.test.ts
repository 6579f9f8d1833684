import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { changed } from "../src/bundle.mjs"
import { MUTANTS } from "../src/mutants/all.ts"

const ROOT = fileURLToPath(new URL("../../..", import.meta.url))

test("names no mutant twice", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
})

test.each(MUTANTS)("$name changes a text that stands in $file exactly once", (mutant) => {
  const source = readFileSync(`${ROOT}/${mutant.file}`, "utf8")
  expect(changed(source, mutant)).not.toBe(source)
})

test("a text that is gone, or stands there twice, is refused", () => {
  const mutant = { file: "some.ts", search: "a", replacement: "b" }
  expect(() => changed("c", mutant)).toThrow("0 times")
  expect(() => changed("a a", mutant)).toThrow("2 times")
})
