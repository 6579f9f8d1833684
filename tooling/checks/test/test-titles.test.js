import { expect, test } from "vitest"
import { testTitles } from "../src/test-titles.js"

/** @param {string} source */
const titles = (source) => [...testTitles(source)]

test("finds tests and groups, with modifiers, tables and injected test functions", () => {
  const source = `
    describe("ring", () => { test("evicts the oldest", () => {}) })
    it.concurrent('keeps order', async () => {})
    test.each([[1], [2]])("takes %i", (n) => {})
    linkTest("drains", plain, async () => {})
    tools.test(\`says \\\`gap\\\`\`, () => {})
  `
  expect(titles(source)).toEqual(["ring", "evicts the oldest", "keeps order", "takes %i", "drains", "says `gap`"])
})

test("does not count what is commented out, skipped, planned or merely said", () => {
  const source = `
    // test("commented out", () => {})
    test.skip("skipped", () => {})
    describe.skip("group", () => { test("within a skipped group", () => {}) })
    test.todo("planned")
    expect("merely said").toBe("merely said")
  `
  expect(titles(source)).toEqual([])
})
