import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { transform } from "esbuild"
import { endFault, runProcess } from "../run-process.js"

/** An example that takes longer has left something open. */
const TIMEOUT_MS = 60_000

/**
 * Runs a README's example where its package is installed: under Node, or under vitest when it imports that.
 * @param {string} folder
 * @param {string} file name of the module, ending in `.ts`
 * @param {string} code
 * @param {string} node path of the Node to run it on
 * @throws Error with what it wrote, when it does not end with exit code 0
 */
export async function runExample(folder, file, code, node) {
  const { code: script } = await transform(code, { loader: "ts", format: "esm", target: "node20.19" })
  const isTest = /from "vitest"/.test(code)
  const name = file.replace(/\.ts$/, isTest ? ".test.mjs" : ".mjs")
  writeFileSync(join(folder, name), script)
  const args = isTest ? ["node_modules/vitest/vitest.mjs", "run", name] : [name]
  const fault = endFault(await runProcess(node, args, { cwd: folder, timeoutMs: TIMEOUT_MS }), TIMEOUT_MS)
  if (fault !== undefined) throw new Error(`${file}: ${fault}`)
}
