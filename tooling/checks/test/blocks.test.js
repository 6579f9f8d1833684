import { expect, test } from "vitest"
import { checkBlockTypes } from "../src/check-block-types.js"
import { packageSources } from "../src/package-sources.js"
import { ROOT, workspacePackages } from "../src/repository.js"
import { runBlock } from "../src/run-block.js"

const sources = packageSources(ROOT, workspacePackages())

/** @param {string} code */
const block = (code) => ({ file: "packages/clock/README.md", line: 7, code, run: true, inPage: false })

test("finds the public entries of packages, and no other file", () => {
  expect(sources.get("@luxbus/clock")).toBe(`${ROOT}packages/clock/src/index.ts`)
  expect(sources.get("@luxbus/clock/testing")).toBe(`${ROOT}packages/clock/src/testing.ts`)
  expect(sources.has("@luxbus/clock/src/system.ts")).toBe(false)
})

test("type-checks strictly, with the README's lines", () => {
  const good = block('import { ManualClock } from "@luxbus/clock/testing"\nconsole.log(new ManualClock().now())')
  const wrongMember = block('import { ManualClock } from "@luxbus/clock/testing"\nnew ManualClock().later()')
  const notPublic = { ...block('import "@luxbus/clock/src/system.ts"'), line: 90 }
  const faults = checkBlockTypes(ROOT, [good, { ...wrongMember, line: 30 }, notPublic], sources)
  expect([...faults.values()].flat()).toEqual([
    expect.stringMatching(/^packages\/clock\/README\.md:31: Property 'later' does not exist/),
    expect.stringMatching(/^packages\/clock\/README\.md:90: Cannot find module/),
  ])
}, 30_000)

test("takes each block for a module of its own", () => {
  const first = block("const answer = await Promise.resolve(42)")
  expect(checkBlockTypes(ROOT, [first, { ...first, line: 30 }], sources).size).toBe(0)
}, 30_000)

test("runs a block out of the sources, with top-level await", async () => {
  const code =
    'import { systemClock } from "@luxbus/clock"\nawait new Promise((r) => systemClock().setTimer(1, () => r(0)))'
  expect(await runBlock(ROOT, block(code), sources)).toBeUndefined()
})

test("says what a block that throws has printed", async () => {
  const fault = await runBlock(ROOT, block('console.log("so far")\nthrow new Error("broken")'), sources)
  expect(fault).toMatch(/exit code 1.*so far.*broken/s)
})

test("ends a block that leaves something open, and one that awaits for ever", async () => {
  const options = { timeoutMs: 300 }
  expect(await runBlock(ROOT, block("setInterval(() => {}, 1_000)"), sources, options)).toMatch(/did not end within/)
  expect(await runBlock(ROOT, block("await new Promise(() => {})"), sources)).toMatch(/exit code 13/)
})

test("runs a block that imports vitest as a test", async () => {
  const code = (/** @type {number} */ sum) =>
    `import { expect, test } from "vitest"\ntest("adds", () => expect(1 + 1).toBe(${sum}))`
  expect(await runBlock(ROOT, block(code(2)), sources)).toBeUndefined()
  expect(await runBlock(ROOT, block(code(3)), sources)).toMatch(/exit code 1/)
}, 20_000)

test("a page has a document, and nothing of Node; elsewhere it is the other way round", () => {
  const code = "export const text: string = document.title"
  const inPage = { ...block(code), inPage: true }
  expect(checkBlockTypes(ROOT, [inPage], sources).size).toBe(0)
  expect(checkBlockTypes(ROOT, [block(code)], sources).size).toBe(1)
  expect(checkBlockTypes(ROOT, [{ ...block('import "node:fs"'), inPage: true }], sources).size).toBe(1)
}, 30_000)
