import { expect, test } from "vitest"
import { frameFaults } from "../src/frame-faults.js"
import { importFaults } from "../src/import-faults.js"

const FRAME = {
  entries: new Set([
    ...["packages", "apps", "tooling", "pnpm-workspace.yaml", "turbo.json", "package.json", "tsconfig.base.json"],
    ".changeset",
  ]),
  workspaceFile: 'packages:\n  - "packages/*"\n  - "apps/*"\n  - "tooling/*"\n',
  turboTasks: new Set(["build", "test"]),
  ciScript: 'pnpm "frame" run check:frame\n',
  root: {
    name: "root",
    version: "0.0.0",
    packageManager: "pnpm@10.34.8",
    scripts: {
      build: "turbo run build",
      test: "node tooling/run.mjs exec turbo run test",
      "check:frame": "node check-frame.js",
    },
    devDependencies: { "@changesets/cli": "catalog:" },
  },
  packages: [
    {
      directory: "packages/a",
      manifest: {
        name: "a",
        version: "0.0.0",
        scripts: { test: "vitest run", build: "tsup" },
        dependencies: { ws: "8", uuid: "14", zod: "4" },
      },
    },
  ],
  imports: [
    ...["ws", "uuid", "zod"].map((module) => ({ file: "packages/a/src/index.ts", module })),
    { file: "tooling/build-preset/preset.js", module: "tsup" },
  ],
}

test("a repository with everything in use has no fault", () => {
  expect(frameFaults(FRAME)).toEqual([])
})

test("finds what is missing, and what is there and unused", () => {
  const [one] = FRAME.packages
  const without = { ...one?.manifest, name: "a", version: "0.0.0", scripts: { test: "jest", build: "tsc" } }
  const faults = frameFaults({
    entries: new Set([...FRAME.entries].filter((entry) => entry !== ".changeset")),
    workspaceFile: "packages:\n  - packages/*\n",
    turboTasks: new Set(["build"]),
    ciScript: "",
    root: { name: "root", version: "0.0.0", packageManager: "npm@11.0.0", scripts: { build: "turbo run build" } },
    packages: [{ directory: "packages/a", manifest: without }],
    imports: [
      { file: "packages/a/src/index.ts", module: "ws" },
      { file: "packages/a/test/a.test.ts", module: "zod" },
    ],
  })
  expect(faults).toEqual([
    ".changeset is missing",
    "pnpm is not the package manager that is named",
    "apps is no part of the workspace",
    "tooling is no part of the workspace",
    "turbo has no task test",
    "turbo is not what tests",
    "changesets is no dependency",
    "uuid is used by no package that declares it",
    "zod is used by no package that declares it",
    "vitest is not what tests a",
    "tsup is not what builds a",
    "tsup is not what the build preset uses",
  ])
})

test("a check that CI leaves out is told", () => {
  const ciScript = 'pnpm "frame" run check:frame-of-mind\n# pnpm "frame" check:frame\n'
  expect(frameFaults({ ...FRAME, ciScript })).toEqual([".ci/run does not run check:frame"])
})

test("a package is reached by its public entries, and by no path", () => {
  const entries = new Set(["@luxbus/packet", "@luxbus/packet/schema"])
  const modules = ["@luxbus/packet", "@luxbus/packet/schema", "./here.ts", "../test/there.ts", "node:fs", "ws"]
  const imports = modules.map((module) => ({ file: "apps/cli/src/main.ts", module }))
  expect(importFaults(imports, entries)).toEqual([])

  const deep = ["@luxbus/packet/src/ids.ts", "@luxbus/packet/dist/index.js", "../../../packages/packet/src/index.ts"]
  const wrong = deep.map((module) => ({ file: "apps/cli/src/main.ts", module }))
  expect(importFaults(wrong, entries)).toEqual([
    "apps/cli/src/main.ts imports @luxbus/packet/src/ids.ts, which is no public entry",
    "apps/cli/src/main.ts imports @luxbus/packet/dist/index.js, which is no public entry",
    "apps/cli/src/main.ts reaches out of its package: ../../../packages/packet/src/index.ts",
  ])
})
