import { expect, test } from "vitest"
import { readmeBlocks } from "../src/readme-blocks.js"

test("finds the ts blocks with their lines, and those that are not to run", () => {
  const markdown = "# X\n\n```ts\none()\n```\n\n```sh\nnpm start\n```\n\n```ts no-run\ntwo()\n\nthree()\n```\n"
  expect(readmeBlocks("README.md", markdown)).toEqual([
    { file: "README.md", line: 4, code: "one()", run: true, inPage: false },
    { file: "README.md", line: 12, code: "two()\n\nthree()", run: false, inPage: false },
  ])
})

test("does not take a fence within another block for its own", () => {
  expect(readmeBlocks("README.md", "```text\n```ts\n```\n")).toEqual([])
})

test("refuses a block that never ends and a mark that it does not know", () => {
  expect(() => readmeBlocks("README.md", "```ts\none()\n")).toThrow("README.md:1: the block is never closed")
  expect(() => readmeBlocks("README.md", "```ts norun\none()\n```\n")).toThrow('unknown mark "norun"')
})

test("a block for a page is not run here", () => {
  expect(readmeBlocks("README.md", "```ts browser\nalert(1)\n```\n")).toEqual([
    { file: "README.md", line: 2, code: "alert(1)", run: false, inPage: true },
  ])
})
