import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { expect, test } from "vitest"
import { sourceFiles, testFiles, workspacePackages } from "../src/repository.js"

test("finds packages, apps and their tests, conformance suites among them, and no tooling", () => {
  const root = mkdtempSync(join(tmpdir(), "luxbus-workspace-"))
  for (const file of [
    "packages/b/package.json",
    "packages/b/test/deep/b.test.ts",
    "packages/b/src/conformance/b-traits.ts",
    "packages/b/src/b.ts",
    "packages/b/test/harness.ts",
    "packages/empty/README.md",
    "apps/a/package.json",
    "apps/a/test/a.test.ts",
    "tooling/t/package.json",
  ]) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), "{}")
  }
  expect(workspacePackages(root).map(({ directory }) => directory)).toEqual(["packages/b", "apps/a"])
  expect(testFiles(root)).toEqual([
    "packages/b/src/conformance/b-traits.ts",
    "packages/b/test/deep/b.test.ts",
    "apps/a/test/a.test.ts",
  ])
  expect(sourceFiles(root)).toEqual(["packages/b/src/b.ts"])
  rmSync(root, { recursive: true })
})
