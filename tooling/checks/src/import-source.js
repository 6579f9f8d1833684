import { build } from "esbuild"

/** Resolves workspace packages to their sources, so that nothing needs to be built before. */
export const SOURCE_CONDITION = "@luxbus/source"

/**
 * Imports a TypeScript module with everything that it imports.
 * @param {string} path absolute path of the module
 * @returns {Promise<Record<string, unknown>>} its exports
 */
export async function importSource(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    conditions: [SOURCE_CONDITION],
    logLevel: "silent",
  })
  const code = Buffer.from(/** @type {import("esbuild").OutputFile} */ (outputFiles[0]).contents)
  return import(`data:text/javascript;base64,${code.toString("base64")}`)
}
