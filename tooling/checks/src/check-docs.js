import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { checkBlockTypes } from "./check-block-types.js"
import { packageSources } from "./package-sources.js"
import { readmeBlocks } from "./readme-blocks.js"
import { report } from "./report.js"
import { ROOT, workspacePackages } from "./repository.js"
import { runBlock } from "./run-block.js"

const packages = workspacePackages()
const sources = packageSources(ROOT, packages)
const readmes = ["README.md", ...packages.map(({ directory }) => `${directory}/README.md`)]
const absent = readmes.filter((file) => !existsSync(join(ROOT, file))).map((file) => `${file} is missing`)
const blocks = readmes
  .filter((file) => existsSync(join(ROOT, file)))
  .flatMap((file) => readmeBlocks(file, readFileSync(join(ROOT, file), "utf8")))

const typeFaults = checkBlockTypes(ROOT, blocks, sources)
const faults = [...absent]
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
report("docs", faults, `${blocks.length} blocks of ${readmes.length} READMEs`)

/** @param {string} text */
function indent(text) {
  return text.replace(/^/gm, "        ")
}
