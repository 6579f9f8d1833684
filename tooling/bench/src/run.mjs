// `pnpm bench [work…] [options]`: see `pnpm bench --help`.
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { bundle } from "./bundle.mjs"

const abort = new AbortController()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => abort.abort(new Error("Stopped.")))

const { folder, remove } = await bundle()
try {
  const { main } = await import(pathToFileURL(join(folder, "main.mjs")).href)
  process.exitCode = await main(process.argv.slice(2), { programs: folder, signal: abort.signal })
} finally {
  await remove()
}
