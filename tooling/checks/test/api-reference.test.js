import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { writeApiReference } from "../src/api-reference.js"

const GOOD = "/** Adds; see {@link Sum}. */\nexport function add(a: number, b: number): Sum {\n  return a + b\n}\n"
const SUM = "/** What comes of it. */\nexport type Sum = number\n"

test("a package becomes a module under its own name, with its README", async () => {
  const { faults, folder } = await reference(GOOD + SUM)
  expect(faults).toEqual([])
  const page = readFileSync(join(folder, "modules/_luxbus_sums.html"), "utf8")
  expect(page).toContain("@luxbus/sums")
  expect(page).toContain("Sums as never before")
  expect(existsSync(join(folder, "functions/_luxbus_sums.add.html"))).toBe(true)
})

test.each([
  ["an export without a docstring", `${GOOD}export type Sum = number\n`, /Sum \(TypeAlias\).* does not have any doc/],
  [
    "a method without one",
    `${GOOD}${SUM}/** A. */\nexport class A {\n  b(): void {}\n}\n`,
    /A\.b .* does not have any doc/,
  ],
  [
    "a link that leads nowhere",
    GOOD.replace("{@link Sum}", "{@link Total}") + SUM,
    /Failed to resolve link to "Total"/,
  ],
  ["a type error", `${GOOD}${SUM}export const x: string = 1\n`, /not assignable/],
])("%s is told, and nothing is written", async (_what, source, told) => {
  const { faults, folder } = await reference(source)
  expect(faults.join("\n")).toMatch(told)
  expect(existsSync(folder)).toBe(false)
})

test("what a symbol names needs no docstring", async () => {
  const source = "/** A. */\nexport class A {\n  async [Symbol.asyncDispose](): Promise<void> {}\n}\n"
  expect((await reference(source)).faults).toEqual([])
})

/** @param {string} source of the one package's entry */
async function reference(source) {
  const root = mkdtempSync(join(tmpdir(), "luxbus-api-test-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, "packages/sums/src"), { recursive: true })
  const entry = join(root, "packages/sums/src/index.ts")
  const manifest = { name: "@luxbus/sums", version: "0.0.0" }
  writeFileSync(entry, source)
  writeFileSync(join(root, "packages/sums/README.md"), "# @luxbus/sums\n\nSums as never before.\n")
  writeFileSync(join(root, "packages/sums/package.json"), JSON.stringify(manifest))
  const compilerOptions = { strict: true, target: "ES2023", lib: ["ES2023", "ESNext.Disposable"], types: [] }
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["packages"] }))
  const packages = [{ directory: "packages/sums", manifest }]
  const folder = join(root, "api")
  const sources = new Map([["@luxbus/sums", entry]])
  return { faults: await writeApiReference(root, packages, sources, join(root, "tsconfig.json"), folder), folder }
}
