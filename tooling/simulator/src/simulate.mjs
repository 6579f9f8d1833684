// `pnpm simulate [--seeds N] [--from S]`: runs N seeds from S on (100 from 1) and prints those that fail.
import { mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { build } from "esbuild"

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "100" }, from: { type: "string", default: "1" } },
})
const [seeds, from] = [Number(values.seeds), Number(values.from)]
if (!Number.isInteger(seeds) || !Number.isInteger(from)) throw new Error("--seeds and --from are whole numbers")

// Beside this file, so that what the bundle leaves out is found.
const directory = await mkdtemp(fileURLToPath(new URL("../node_modules/.simulate-", import.meta.url)))
try {
  const outfile = join(directory, "main.mjs")
  await build({
    entryPoints: [fileURLToPath(new URL("./main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@luxbus/source"],
    // "ws" asks for what it can do without.
    external: ["bufferutil", "utf-8-validate"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    sourcemap: "inline",
    logLevel: "error",
  })
  const { hunt } = await import(pathToFileURL(outfile).href)
  const startedAt = performance.now()
  const failed = await hunt(from, seeds, (/** @type {string} */ text) => console.log(text))
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${seeds} seeds from ${from} on, ${failed} failed, ${seconds} s.`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
