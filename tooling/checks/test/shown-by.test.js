import { expect, test } from "vitest"
import { shownBy } from "../src/shown-by.js"

const TITLES = new Map([["packages/a/test/a.test.ts", new Set(["ring", "evicts the oldest"])]])
/** @param {string} path */
const titlesOf = (path) => TITLES.get(path)

/** @param {string} rows */
const page = (rows) =>
  `# Page\n\n| guarantee | shown by |\n|---|---|\n${rows}\n\n| other | table |\n|---|---|\n| a | b |\n`

test("takes rows that name their tests, and leaves other tables alone", () => {
  const rows =
    "| a \\| b | `packages/a/test/a.test.ts › ring › evicts the oldest`<br>`packages/a/test/a.test.ts › ring` |"
  expect(shownBy("docs/x.md", page(rows), titlesOf)).toEqual({ rows: 1, faults: [] })
})

test("fails on a test that is gone, a file that is gone and a row without a test, with the line", () => {
  const rows = "| a | packages/a/test/a.test.ts › x |\n| b | packages/b/test/b.test.ts › y |\n| c | |"
  expect(shownBy("docs/x.md", page(rows), titlesOf).faults).toEqual([
    'docs/x.md:5: packages/a/test/a.test.ts has no test "x"',
    "docs/x.md:6: packages/b/test/b.test.ts does not exist",
    'docs/x.md:7: "" is no test: write `path › title`',
  ])
})
