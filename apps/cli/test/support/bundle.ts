import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "tsup"
import { build as buildPage } from "vite"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the `luxbus` command, bundled from sources. */
    readonly cli: string
  }
}

const DEMO = fileURLToPath(new URL("../../../demo", import.meta.url))

/** Bundles the command and the page from the sources of all packages, so that processes can be tested with nothing built before. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "luxbus-cli-test-"))
  await build({
    config: false,
    entry: { main: "src/main.ts", "demo/job": "src/demo/job.ts", "examine-node": `${DEMO}/src/examine-node.ts` },
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
  // Beside the bundle, where @luxbus/demo looks for what its own build puts beside it.
  await buildPage({ configFile: `${DEMO}/vite.config.ts`, build: { outDir: join(folder, "page") } })
  await writeFile(join(folder, "package.json"), '{"type":"module"}')
  project.provide("cli", join(folder, "main.js"))
  return () => rm(folder, { recursive: true, force: true })
}
