/**
 * What the repository holds, as far as its frame is concerned.
 * @typedef {{
 *   readonly entries: ReadonlySet<string>
 *   readonly workspaceFile: string
 *   readonly turboTasks: ReadonlySet<string>
 *   readonly ciScript: string
 *   readonly root: import("./repository.js").Manifest & { readonly packageManager?: string }
 *   readonly packages: readonly import("./repository.js").WorkspacePackage[]
 *   readonly imports: readonly import("./import-faults.js").Import[]
 * }} Frame `entries`: names in the root folder; `ciScript`: text of .ci/run; `imports`: of packages, apps and tooling
 */

const GROUPS = ["packages", "apps", "tooling"]
const ENTRIES = [...GROUPS, "pnpm-workspace.yaml", "turbo.json", "package.json", "tsconfig.base.json", ".changeset"]
const LIBRARIES = ["ws", "uuid", "zod"]

/**
 * The top-level entries and tools that the project is to have, and does not have or does not use.
 * @param {Frame} frame
 * @returns {readonly string[]}
 */
export function frameFaults(frame) {
  return [
    ...ENTRIES.filter((entry) => !frame.entries.has(entry)).map((entry) => `${entry} is missing`),
    ...pnpmFaults(frame),
    ...turboFaults(frame),
    ...(frame.root.devDependencies?.["@changesets/cli"] === undefined ? ["changesets is no dependency"] : []),
    ...LIBRARIES.filter((name) => !isUsed(name, frame)).map((name) => `${name} is used by no package that declares it`),
    ...scriptFaults("test", "vitest", frame.packages),
    ...scriptFaults("build", "tsup", frame.packages),
    ...(frame.imports.some(({ file, module }) => file.startsWith("tooling/build-preset/") && module === "tsup")
      ? []
      : ["tsup is not what the build preset uses"]),
    ...uncalledChecks(frame),
  ]
}

/** @param {Frame} frame */
function pnpmFaults({ root, workspaceFile }) {
  const faults = /^pnpm@\d/.test(root.packageManager ?? "") ? [] : ["pnpm is not the package manager that is named"]
  const unnamed = GROUPS.filter((group) => !new RegExp(`^ +- "?${group}/\\*"?$`, "m").test(workspaceFile))
  return [...faults, ...unnamed.map((group) => `${group} is no part of the workspace`)]
}

/** @param {Frame} frame */
function turboFaults({ root, turboTasks }) {
  return ["build", "test"].flatMap((task) => [
    ...(turboTasks.has(task) ? [] : [`turbo has no task ${task}`]),
    ...(root.scripts?.[task]?.includes(`turbo run ${task}`) ? [] : [`turbo is not what ${task}s`]),
  ])
}

/**
 * The checks of this repository that CI leaves out.
 * @param {Frame} frame
 */
function uncalledChecks({ root, ciScript }) {
  const called = new Set([...ciScript.matchAll(/\brun (check:[\w-]+)/g)].map(([, script]) => script))
  return Object.keys(root.scripts ?? {})
    .filter((script) => script.startsWith("check:") && !called.has(script))
    .map((script) => `.ci/run does not run ${script}`)
}

/**
 * Whether a package imports a library in what it publishes, and declares it.
 * @param {string} name
 * @param {Frame} frame
 */
function isUsed(name, { packages, imports }) {
  return packages.some(
    ({ directory, manifest }) =>
      manifest.dependencies?.[name] !== undefined &&
      imports.some(({ file, module }) => file.startsWith(`${directory}/src/`) && module === name),
  )
}

/**
 * @param {string} script
 * @param {string} tool
 * @param {readonly import("./repository.js").WorkspacePackage[]} packages
 */
function scriptFaults(script, tool, packages) {
  return packages
    .filter(({ manifest }) => !manifest.scripts?.[script]?.split(" ").includes(tool))
    .map(({ manifest }) => `${tool} is not what ${script}s ${manifest.name}`)
}
