import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "vite"

/** Everything that a package exports, so that nothing of it is shaken out. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>luxbus</title>
<script type="module">
  import * as luxbus from "@luxbus/client"
  globalThis.luxbus = luxbus
</script>
`

/** What vite adds to any page that loads a module later. It is a chunk of its own here, and not counted. */
const VITE_OWN = { name: "vite", test: /\0?vite\/|rolldown\/runtime/ }

/** Chunks that are loaded apart, each when it is first needed: channels, receipts, exchanges, a new token. */
const PARTS = /** @type {const} */ (["channels", "receipts", "exchanges", "refresh-token"])

/** @typedef {(typeof PARTS)[number]} Part */

/**
 * Bundles a page that imports the whole of `@luxbus/client`, as vite does it for production.
 * @param {string} folder where the package is installed
 * @returns {Promise<{
 *   readonly page: string,
 *   readonly watchBytes: number,
 *   readonly laterBytes: number,
 *   readonly partBytes: Readonly<Record<Part, number>>,
 * }>} `page`: the folder with the built page; gzipped, `watchBytes`: what a page loads at once, with which it can watch;
 * `laterBytes`: what it loads when it first writes; `partBytes`: and when it first needs one of the parts
 */
export async function bundleForBrowser(folder) {
  const root = join(folder, "page")
  const page = join(folder, "page-built")
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, "index.html"), PAGE)
  const output = { codeSplitting: { groups: [VITE_OWN] } }
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    base: "./",
    build: { outDir: page, emptyOutDir: true, rolldownOptions: { output } },
  })
  const bundles = /** @type {import("vite").Rolldown.RolldownOutput[]} */ (Array.isArray(built) ? built : [built])
  const chunks = bundles.flatMap((bundle) => bundle.output).filter((file) => file.type === "chunk")
  const own = chunks.filter(({ name }) => name !== VITE_OWN.name)
  const later = own.filter(({ isDynamicEntry }) => isDynamicEntry)
  const partOf = (/** @type {Part} */ part) => later.filter(({ name }) => name === part)
  const parts = PARTS.flatMap(partOf)
  return {
    page,
    watchBytes: gzippedBytes(own.filter(({ isDynamicEntry }) => !isDynamicEntry)),
    laterBytes: gzippedBytes(later.filter((chunk) => !parts.includes(chunk))),
    partBytes: {
      channels: gzippedBytes(partOf("channels")),
      receipts: gzippedBytes(partOf("receipts")),
      exchanges: gzippedBytes(partOf("exchanges")),
      "refresh-token": gzippedBytes(partOf("refresh-token")),
    },
  }
}

/** @param {readonly { readonly code: string }[]} chunks */
function gzippedBytes(chunks) {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0)
}
