import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Application, Logger, LogLevel, MinimalSourceFile, ReflectionKind } from "typedoc"
import { packageOf } from "./imported-packages.js"

/** Functions include methods. Properties often say all by their names and types. */
const DOCUMENTED = /** @type {const} */ (["Class", "Enum", "Function", "Interface", "TypeAlias", "Variable"])

/** `[Symbol.asyncDispose]` and its like: the name says all that there is. */
const SAYS_ALL = /\.\[async\w+\] \(CallSignature\)/

/** Keeps what typedoc complains of, and prints nothing. */
class FaultLogger extends Logger {
  /** @type {string[]} */
  faults = []

  /**
   * @override
   * @param {string} message
   * @param {LogLevel} level
   */
  log(message, level) {
    super.log(message, level)
    if (level >= LogLevel.Warn && !SAYS_ALL.test(message)) this.faults.push(message)
  }
}

/**
 * Writes the reference of the packages' public entries, a module each, out of their docstrings.
 * @param {string} root
 * @param {readonly import("./repository.js").WorkspacePackage[]} packages those of the entries
 * @param {ReadonlyMap<string, string>} sources see `packageSources`
 * @param {string} tsconfig path of a TypeScript configuration that covers all sources
 * @param {string} folder where it goes; what was there is gone
 * @returns {Promise<readonly string[]>} what is wrong: an export without a docstring, a link that leads nowhere, a type
 * error; then nothing is written
 */
export async function writeApiReference(root, packages, sources, tsconfig, folder) {
  const logger = new FaultLogger()
  const app = await Application.bootstrap({
    name: "luxbus",
    readme: "none",
    entryPoints: [...sources.values()],
    tsconfig,
    alwaysCreateEntryPointModule: true,
    disableGit: true,
    disableSources: true,
    excludePrivate: true,
    packagesRequiringDocumentation: packages.map(({ manifest }) => manifest.name),
    requiredToBeDocumented: [...DOCUMENTED],
    // A type that an export mentions is not always for users to name.
    validation: { notExported: false, notDocumented: true, invalidLink: true, invalidPath: true, rewrittenLink: true },
  })
  app.logger = logger
  const project = await app.convert()
  if (project === undefined) return logger.faults
  nameModules(app, project, root, packages, sources)
  app.validate(project)
  if (logger.faults.length === 0) await app.generateDocs(project, folder)
  return logger.faults
}

/**
 * Gives each module the name by which users import it, and a package's main one its README.
 * @param {Application} app
 * @param {import("typedoc").ProjectReflection} project
 * @param {string} root
 * @param {readonly import("./repository.js").WorkspacePackage[]} packages
 * @param {ReadonlyMap<string, string>} sources
 */
function nameModules(app, project, root, packages, sources) {
  for (const [entry, source] of sources) {
    const module = project.getReflectionsByKind(ReflectionKind.Module).find((one) => fileOf(project, one) === source)
    if (module === undefined || !module.isDeclaration()) throw new Error(`typedoc made no module of ${entry}`)
    module.name = entry
    const owner = packages.find(({ manifest }) => manifest.name === packageOf(entry))
    if (owner === undefined || entry !== owner.manifest.name) continue
    const readme = join(root, owner.directory, "README.md")
    // The page has a title already.
    const text = readFileSync(readme, "utf8").replace(/^# .*\n/, "")
    module.readme = app.converter.parseRawComment(
      new MinimalSourceFile(text, /** @type {never} */ (readme)),
      project.files,
    ).content
  }
}

/**
 * @param {import("typedoc").ProjectReflection} project
 * @param {import("typedoc").Reflection} module
 */
function fileOf(project, module) {
  return project.getSymbolIdFromReflection(module)?.fileName
}
