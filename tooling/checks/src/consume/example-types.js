import { join } from "node:path"
import ts from "typescript"

/** As strict as TypeScript gets, declarations of dependencies included. */
const STRICT = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
  skipLibCheck: false,
  // The libraries of TypeScript itself are not ours to check.
  skipDefaultLibCheck: true,
  noEmit: true,
  types: ["node"],
}

/** What differs in a page, where nobody has installed Node's types. */
export const IN_A_PAGE = {
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
}

/** Declarations of others do not all hold under these options, those of Node first of all: no fault of the packages. */
const OF_OTHERS = /\/node_modules\/(?!@luxbus\/|luxbus\/)/

/**
 * Type-checks modules as a user of the packages in a folder's node_modules would, and every declaration of the packages
 * that they reach.
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} modules file name, ending in `.ts` → code
 * @param {ts.CompilerOptions} options over the strict ones
 * @returns {readonly string[]} what is wrong
 */
export function exampleTypeFaults(folder, modules, options = {}) {
  const paths = new Map([...modules].map(([file, code]) => [join(folder, file), code]))
  const all = { ...STRICT, typeRoots: [join(folder, "node_modules/@types")], ...options }
  const host = ts.createCompilerHost(all)
  const { fileExists, readFile } = host
  host.getCurrentDirectory = () => folder
  host.fileExists = (path) => paths.has(path) || fileExists(path)
  host.readFile = (path) => paths.get(path) ?? readFile(path)
  const program = ts.createProgram([...paths.keys()], all, host)
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || !OF_OTHERS.test(file.fileName))
    .map((diagnostic) => describe(folder, diagnostic))
}

/**
 * @param {string} folder
 * @param {ts.Diagnostic} diagnostic
 */
function describe(folder, { file, start, messageText }) {
  const text = ts.flattenDiagnosticMessageText(messageText, " ")
  if (file === undefined) return text
  const line = file.getLineAndCharacterOfPosition(start ?? 0).line + 1
  return `${file.fileName.slice(folder.length + 1)}:${line}: ${text}`
}
