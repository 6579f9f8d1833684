import { expect, test } from "vitest"
import { isOpen, SEEDS, seedFaults, seedRows } from "../src/seed-table.js"

const TITLES = new Map([["packages/a/test/a.test.ts", new Set(["ring", "evicts the oldest"])]])
/** @param {string} path */
const titlesOf = (path) => TITLES.get(path)

/** @param {string} rows */
const page = (rows) =>
  SEEDS.map(
    (seed) => `## ${seed} Name\n\n| named | shown by |\n|---|---|\n${seed === "000" ? rows : "| x | open |"}\n`,
  ).join("\n")

/** @param {string} rows */
const faults = (rows) => seedFaults(seedRows(page(rows)), titlesOf)

test("takes a test, a test in its group, several, `open` and a ruling", () => {
  const rows = `| a | \`packages/a/test/a.test.ts › evicts the oldest\` |
| b | packages/a/test/a.test.ts › ring › evicts the oldest<br>packages/a/test/a.test.ts › ring |
| c \\| d | open |
| e | ruled out: it contradicts b |`
  expect(faults(rows)).toEqual([])
  expect(seedRows(page(rows)).map(({ term }) => term)).toContain("c | d")
  expect(seedRows(page(rows)).filter(isOpen)).toHaveLength(SEEDS.length)
})

test("fails on a file that is gone and on a test that is gone, with the line", () => {
  expect(faults("| a | packages/b/test/b.test.ts › x |")).toEqual([
    "docs/seeds.md:5: packages/b/test/b.test.ts does not exist",
  ])
  expect(faults("| a | packages/a/test/a.test.ts › x |")).toEqual([
    'docs/seeds.md:5: packages/a/test/a.test.ts has no test "x"',
  ])
})

test("fails on a row without status, without a term, and on a term that stands twice", () => {
  expect(faults("| a |  |")).toEqual(["docs/seeds.md:5: has no status: a test, `open` or `ruled out: <why>`"])
  expect(faults("| a | partly |")).toEqual(['docs/seeds.md:5: "partly" is no test: write `path › title`'])
  expect(faults("| a | ruled out: |")).toHaveLength(1)
  expect(faults("|  | open |")).toEqual(["docs/seeds.md:5: names nothing in its first column"])
  expect(faults("| a | open |\n| a | open |")).toEqual(['docs/seeds.md:6: "a" stands twice under 000'])
})

test("fails when a seed has no row at all", () => {
  expect(seedFaults(seedRows("## 000 Name\n\n| a | b |\n|---|---|\n"), titlesOf)).toEqual(
    SEEDS.map((seed) => `seed ${seed} has no row`),
  )
})
