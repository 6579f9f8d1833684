import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "tsup"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the `luxbus` command, bundled from sources. */
    readonly cli: string
  }
}

/** Bundles the command from the sources of all packages, so that processes can be tested with nothing built before. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "luxbus-cli-test-"))
  await build({
    config: false,
    entry: ["src/main.ts", "src/demo/job.ts"],
    outDir: folder,
    format: "esm",
    target: "node20",
    platform: "node",
    noExternal: [/.*/],
    external: ["bufferutil", "utf-8-validate"],
    dts: false,
    silent: true,
    esbuildOptions(options) {
      options.conditions = ["@luxbus/source"]
      // CommonJS dependencies ask for Node's own modules by require.
      options.banner = {
        js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
      }
    },
  })
  await writeFile(join(folder, "package.json"), '{"type":"module"}')
  project.provide("cli", join(folder, "main.js"))
  return () => rm(folder, { recursive: true, force: true })
}
