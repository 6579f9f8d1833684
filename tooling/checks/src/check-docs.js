import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { checkBlockTypes } from "./check-block-types.js"
import { packageSources } from "./package-sources.js"
import { pnpm } from "./pnpm.js"
import { readmeBlocks } from "./readme-blocks.js"
import { report } from "./report.js"
import { ROOT, workspacePackages } from "./repository.js"
import { runBlock } from "./run-block.js"
import { shownBy } from "./shown-by.js"
import { titlesOf } from "./test-references.js"

/** Every limit and check, with its code and its test. */
const LIMITS = "docs/limits.md"

/** Decodes each example of the protocol's pages, in both forms. */
const PROTOCOL_EXAMPLES = ["--filter", "@luxbus/packet", "exec", "vitest", "run", "test/protocol-document.test.ts"]
const EXAMPLES_TIMEOUT_MS = 120_000

const packages = workspacePackages()
const sources = packageSources(ROOT, packages)
const readmes = ["README.md", ...packages.map(({ directory }) => `${directory}/README.md`)]
const absent = [...readmes, LIMITS].filter((file) => !existsSync(join(ROOT, file))).map((file) => `${file} is missing`)
const pages = new Map(
  [...readmes, LIMITS]
    .filter((file) => existsSync(join(ROOT, file)))
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
)
const blocks = [...pages].flatMap(([file, markdown]) => readmeBlocks(file, markdown))
const tables = [...pages].map(([file, markdown]) => shownBy(file, markdown, titlesOf))
const rows = tables.reduce((sum, table) => sum + table.rows, 0)

const typeFaults = checkBlockTypes(ROOT, blocks, sources)
const faults = [...absent, ...tables.flatMap((table) => table.faults)]
for (const block of blocks) {
  const startedAt = performance.now()
  const fault = typeFaults.get(block)?.join("\n") ?? (block.run ? await runBlock(ROOT, block, sources) : undefined)
  const where = `${block.file}:${block.line}`
  if (fault === undefined) {
    const how = block.run ? `ran in ${Math.round(performance.now() - startedAt)} ms` : "type-checked"
    console.log(`  ok    ${where} (${how})`)
  } else {
    console.error(`  FAILS ${where}\n${indent(block.code)}\n${indent(fault)}`)
    faults.push(`the block at ${where} fails`)
  }
}
try {
  await pnpm(PROTOCOL_EXAMPLES, { cwd: ROOT, timeoutMs: EXAMPLES_TIMEOUT_MS })
  console.log("  ok    the examples of docs/protocol.md and docs/exchanges.md")
} catch (error) {
  faults.push(`an example of docs/protocol.md or docs/exchanges.md fails\n${indent(String(error))}`)
}
report("docs", faults, `${blocks.length} blocks of ${readmes.length} READMEs, ${rows} statements and their tests`)

/** @param {string} text */
function indent(text) {
  return text.replace(/^/gm, "        ")
}
