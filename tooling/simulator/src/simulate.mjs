// `pnpm simulate [options]`: see `pnpm simulate --help`.
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { bundle, bundleFolder } from "./bundle.mjs"

const PACKAGE = fileURLToPath(new URL("..", import.meta.url))

const abort = new AbortController()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => abort.abort())

const { folder, remove } = await bundleFolder(PACKAGE)
try {
  const outfile = join(folder, "main.mjs")
  await bundle(join(PACKAGE, "src/main.ts"), outfile)
  const { main } = await import(pathToFileURL(outfile).href)
  process.exitCode = await main(process.argv.slice(2), { folder, sources: join(PACKAGE, "src"), signal: abort.signal })
} finally {
  await remove()
}
