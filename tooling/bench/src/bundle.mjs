import { mkdtemp, rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const SOURCES = fileURLToPath(new URL(".", import.meta.url))

/**
 * Bundles the bench and its processes from the sources of all packages, so that nothing has to be built before.
 * @returns the folder, and what removes it
 */
export async function bundle() {
  // Beside the sources, so that what the bundle leaves out is found: the peers, as their users install them.
  const folder = await mkdtemp(fileURLToPath(new URL("../node_modules/.bench-", import.meta.url)))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await build({
      entryPoints: ["main.ts", "processes/server-process.ts", "processes/client-process.ts"].map(
        (file) => SOURCES + file,
      ),
      outdir: folder,
      entryNames: "[name]",
      bundle: true,
      splitting: true,
      platform: "node",
      format: "esm",
      target: "node20",
      outExtension: { ".js": ".mjs" },
      conditions: ["@luxbus/source"],
      external: ["ws", "bufferutil", "socket.io", "socket.io-client", "socket.io-msgpack-parser"],
      sourcemap: "inline",
      logLevel: "error",
    })
  } catch (error) {
    await remove()
    throw error
  }
  return { folder, remove }
}
