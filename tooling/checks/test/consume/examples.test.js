import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { bundleForBrowser } from "../../src/consume/browser-bundle.js"
import { exampleTypeFaults, IN_A_PAGE } from "../../src/consume/example-types.js"
import { runExample } from "../../src/consume/run-example.js"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "luxbus-user-"))
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/**
 * Puts a package into the user's node_modules.
 * @param {string} name
 * @param {string} code
 * @param {string} types
 */
function install(name, code, types) {
  const directory = join(folder, "node_modules", name)
  mkdirSync(directory, { recursive: true })
  const exports = { types: "./index.d.ts", default: "./index.js" }
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name, version: "1.0.0", type: "module", exports }))
  writeFileSync(join(directory, "index.js"), code)
  writeFileSync(join(directory, "index.d.ts"), types)
}

test("checks the types of an example, and of the package's declarations, but not those of others", () => {
  install("@luxbus/one", "", 'import "other"\nimport "absent"\nexport declare const one: number')
  install("other", "", "export declare const other: Absent")
  const code = 'import { one } from "@luxbus/one"\nexport const text: string = one'
  expect(exampleTypeFaults(folder, new Map([["a.ts", code]]), IN_A_PAGE)).toEqual([
    expect.stringMatching(/^a\.ts:2: Type 'number' is not assignable/),
    expect.stringMatching(/^node_modules\/@luxbus\/one\/index\.d\.ts:2: Cannot find module.*'absent'/),
  ])
}, 30_000)

test("runs an example against the package as installed", async () => {
  install("@luxbus/one", "export const one = 1", "export declare const one: number")
  const code = 'import { one } from "@luxbus/one"\nconst two: number = one + 1\nif (two !== 2) throw new Error("wrong")'
  await runExample(folder, "right.ts", code, process.execPath)
  const wrong = runExample(folder, "wrong.ts", code.replace("one + 1", "one"), process.execPath)
  await expect(wrong).rejects.toThrow(/^wrong\.ts: it ended with exit code 1\n[\s\S]*Error: wrong/)
}, 30_000)

test("a page's size is that of everything which the package exports, used or not; what it loads later is counted apart", async () => {
  const noise = (/** @type {number} */ from) =>
    Array.from({ length: 5_000 }, (_, index) => Math.imul(from + index, 2_654_435_761) >>> 0).join()
  install("@luxbus/client", `export const noise = "${noise(0)}"\nexport const later = () => import("./later.js")`, "")
  writeFileSync(join(folder, "node_modules/@luxbus/client/later.js"), `export const more = "${noise(5_000)}"`)
  const { watchBytes, laterBytes } = await bundleForBrowser(folder)
  expect(watchBytes).toBeGreaterThan(10_000)
  expect(watchBytes).toBeLessThan(40_000)
  expect(laterBytes).toBeGreaterThan(10_000)
}, 30_000)
