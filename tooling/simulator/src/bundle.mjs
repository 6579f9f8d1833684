import { mkdtemp, readFile, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import { build } from "esbuild"

/**
 * A change of one file that a bundle is made with; the file itself stays as it is.
 * @typedef {{ readonly file: string, readonly search: string, readonly replacement: string }} Change
 */

/**
 * Makes a folder for bundles, within this package, so that what a bundle leaves out is found.
 * @param {string} package_ this package's folder
 * @returns {Promise<{ folder: string, remove: () => Promise<void> }>}
 */
export async function bundleFolder(package_) {
  const folder = await mkdtemp(join(package_, "node_modules/.simulate-"))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/**
 * Bundles a program out of the sources of all packages, so that nothing has to be built before.
 * @param {string} entry path of the program's source
 * @param {string} outfile path of the bundle
 * @param {Change} [change] its file is relative to the repository
 * @throws where the change's text is not found exactly once, or its file is no part of the program
 */
export async function bundle(entry, outfile, change) {
  const planted = change === undefined ? undefined : plant(change, resolve(entry, "../../../.."))
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@luxbus/source"],
    // "ws" asks for what it can do without.
    external: ["esbuild", "bufferutil", "utf-8-validate"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    sourcemap: "inline",
    logLevel: "silent",
    plugins: planted === undefined ? [] : [planted.plugin],
  })
  if (planted?.isUsed() === false) throw new Error(`${change?.file} is no part of the program.`)
}

/**
 * @param {Change} change
 * @param {string} root
 */
function plant(change, root) {
  const path = join(root, change.file)
  let used = false
  /** @type {import("esbuild").Plugin} */
  const plugin = {
    name: "plant",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async (args) => {
        if (args.path !== path) return undefined
        used = true
        return { contents: changed(await readFile(path, "utf8"), change), loader: "ts" }
      })
    },
  }
  return { plugin, isUsed: () => used }
}

/**
 * @param {string} source
 * @param {Change} change
 */
export function changed(source, { file, search, replacement }) {
  const parts = source.split(search)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once:\n${search}`)
  return parts.join(replacement)
}
