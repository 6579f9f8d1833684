import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build as bundle } from "tsup"
import { build } from "vite"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of the page, built from sources. */
    readonly page: string
    /** Path of the demo's script. */
    readonly script: string
  }
}

/** Builds the page and the demo's script from the sources of all packages: nothing has to be built before. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "luxbus-page-test-"))
  const page = join(folder, "page")
  await build({ configFile: "vite.config.ts", build: { outDir: page } })
  const entry = { script: "src/examine-node.ts" }
  await bundle({ config: false, entry, outDir: folder, format: "esm", target: "node20", silent: true, outExtension })
  project.provide("page", page)
  project.provide("script", join(folder, "script.mjs"))
  return () => rm(folder, { recursive: true, force: true })
}

const outExtension = () => ({ js: ".mjs" })
