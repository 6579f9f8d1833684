import { dirname, join } from "node:path"
import ts from "typescript"

/**
 * Type-checks README blocks under the repository's own strict options, each as a module that lies beside its README:
 * those for pages with a page's globals, the others with Node's.
 * @param {string} root
 * @param {readonly import("./readme-blocks.js").ReadmeBlock[]} blocks
 * @param {ReadonlyMap<string, string>} sources see `packageSources`
 * @returns {ReadonlyMap<import("./readme-blocks.js").ReadmeBlock, readonly string[]>} what is wrong, for the blocks
 * where something is; lines are the README's
 */
export function checkBlockTypes(root, blocks, sources) {
  const options = compilerOptions(root, sources)
  const inPage = { ...options, types: [], lib: [...(options.lib ?? []), "lib.dom.d.ts", "lib.dom.iterable.d.ts"] }
  return new Map([
    ...faultsOf(
      root,
      blocks.filter((block) => !block.inPage),
      options,
    ),
    ...faultsOf(
      root,
      blocks.filter((block) => block.inPage),
      inPage,
    ),
  ])
}

/**
 * @param {string} root
 * @param {readonly import("./readme-blocks.js").ReadmeBlock[]} blocks
 * @param {ts.CompilerOptions} options
 */
function faultsOf(root, blocks, options) {
  const modules = new Map(blocks.map((block) => [join(root, `${block.file}.${block.line}.ts`), block]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => modules.has(path) || fileExists(path)
  host.readFile = (path) => {
    const block = modules.get(path)
    return block === undefined ? readFile(path) : atItsLine(block)
  }
  const program = ts.createProgram([...modules.keys()], options, host)
  /** @type {Map<import("./readme-blocks.js").ReadmeBlock, readonly string[]>} */
  const faults = new Map()
  for (const [path, block] of modules) {
    const file = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    if (found.length > 0)
      faults.set(
        block,
        found.map((diagnostic) => describe(block, diagnostic)),
      )
  }
  return faults
}

/**
 * @param {string} root
 * @param {ReadonlyMap<string, string>} sources
 * @returns {ts.CompilerOptions}
 */
function compilerOptions(root, sources) {
  const path = join(root, "tsconfig.base.json")
  const { config } = ts.readConfigFile(path, ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, dirname(path))
  return {
    ...options,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    paths: Object.fromEntries([...sources].map(([name, source]) => [name, [source]])),
    moduleDetection: ts.ModuleDetectionKind.Force,
  }
}

/** @param {import("./readme-blocks.js").ReadmeBlock} block */
function atItsLine(block) {
  return "\n".repeat(block.line - 1) + block.code
}

/**
 * @param {import("./readme-blocks.js").ReadmeBlock} block
 * @param {ts.Diagnostic} diagnostic
 */
function describe(block, { file, start, messageText }) {
  const text = ts.flattenDiagnosticMessageText(messageText, " ")
  const line = file === undefined ? block.line : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
  return `${block.file}:${line}: ${text}`
}
