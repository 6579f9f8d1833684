import { expect, test } from "vitest"
import { moduleFiles, ROOT } from "../src/repository.js"

test("finds the modules of packages, their tests and configurations, nothing built and nothing installed", () => {
  const files = moduleFiles(ROOT, ["packages", "tooling"])
  expect(files).toContain("packages/clock/src/index.ts")
  expect(files).toContain("packages/clock/tsup.config.ts")
  expect(files).toContain("tooling/build-preset/preset.js")
  expect(files.filter((file) => /\/(dist|node_modules)\//.test(file))).toEqual([])
})
