import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
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

/**
 * Bundles a page that imports the whole of `@luxbus/client`, as vite does it for production.
 * @param {string} folder where the package is installed
 * @returns {Promise<{ readonly page: string, readonly gzippedBytes: number }>} `page`: the folder with the built page;
 * `gzippedBytes`: all of its scripts
 */
export async function bundleForBrowser(folder) {
  const root = join(folder, "page")
  const page = join(folder, "page-built")
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, "index.html"), PAGE)
  await build({ root, configFile: false, logLevel: "error", base: "./", build: { outDir: page, emptyOutDir: true } })
  return { page, gzippedBytes: scriptBytes(page) }
}

/** @param {string} folder */
function scriptBytes(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0)
}
