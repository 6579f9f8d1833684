import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { SOURCE_CONDITION } from "./import-source.js"
import { endFault, runProcess } from "./run-process.js"

/** A README's example that takes longer than this has left something open. */
const TIMEOUT_MS = 20_000

/** Under this package's node_modules: there vitest resolves, and no other tool looks. */
const SCRATCH = fileURLToPath(new URL("../node_modules/.readme-blocks/", import.meta.url))
const VITEST = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url))
const VITEST_CONFIG = `export default { test: { include: ["block.mjs"], exclude: [] } }\n`

/** What bundled CommonJS modules call where they need a module of Node itself. */
const BANNER = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`

/**
 * Runs a README block in a Node process of its own, out of the workspace's sources; a block that imports vitest is a
 * test and runs under vitest.
 * @param {string} root
 * @param {import("./readme-blocks.js").ReadmeBlock} block
 * @param {ReadonlyMap<string, string>} sources see `packageSources`
 * @param {{ readonly timeoutMs?: number }} options
 * @returns {Promise<string | undefined>} what went wrong, with the block's output; undefined: it ended with exit code 0
 */
export async function runBlock(root, block, sources, { timeoutMs = TIMEOUT_MS } = {}) {
  await mkdir(SCRATCH, { recursive: true })
  const folder = await mkdtemp(SCRATCH)
  try {
    await writeFile(join(folder, "block.mjs"), await bundle(root, block, sources))
    if (!/from "vitest"/.test(block.code)) return await run(["--enable-source-maps", "block.mjs"], folder, timeoutMs)
    await writeFile(join(folder, "vitest.config.mjs"), VITEST_CONFIG)
    return await run([VITEST, "run"], folder, timeoutMs)
  } catch (error) {
    return String(error instanceof Error ? error.message : error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} root
 * @param {import("./readme-blocks.js").ReadmeBlock} block
 * @param {ReadonlyMap<string, string>} sources
 */
async function bundle(root, block, sources) {
  const { outputFiles } = await build({
    stdin: {
      contents: block.code,
      loader: "ts",
      resolveDir: join(root, dirname(block.file)),
      sourcefile: `${block.file}.${block.line}.ts`,
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: [SOURCE_CONDITION],
    external: ["vitest"],
    banner: { js: BANNER },
    logLevel: "silent",
    plugins: [publicEntries(sources)],
  })
  return /** @type {import("esbuild").OutputFile} */ (outputFiles[0]).contents
}

/**
 * Resolves the workspace's packages by their public entries, wherever the README lies.
 * @param {ReadonlyMap<string, string>} sources
 * @returns {import("esbuild").Plugin}
 */
function publicEntries(sources) {
  return {
    name: "public-entries",
    setup(plugin) {
      plugin.onResolve({ filter: /^(@luxbus\/|luxbus$)/ }, ({ path }) => {
        const source = sources.get(path)
        return source === undefined ? undefined : { path: source }
      })
    },
  }
}

/**
 * @param {readonly string[]} args what Node gets
 * @param {string} folder the process's working directory: what an example writes is gone with it
 * @param {number} timeoutMs
 * @returns {Promise<string | undefined>}
 */
async function run(args, folder, timeoutMs) {
  return endFault(await runProcess(process.execPath, args, { cwd: folder, timeoutMs }), timeoutMs)
}
