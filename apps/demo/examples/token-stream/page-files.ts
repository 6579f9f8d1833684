import type { IncomingMessage, ServerResponse } from "node:http"
import { extname } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "vite"

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" }

/** Bundles the page with vite, and answers requests for its files. An application would build its page beforehand. */
export async function pageFiles(): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const built = await build({
    root: fileURLToPath(new URL("./", import.meta.url)),
    configFile: false,
    logLevel: "warn",
    // Inside the repository of luxbus: its sources, so that nothing has to be built before.
    resolve: { conditions: ["@luxbus/source", "browser", "module"] },
    build: { write: false },
  })
  const files = new Map<string, string | Uint8Array>()
  for (const file of "output" in built ? built.output : [])
    files.set(`/${file.fileName}`, file.type === "chunk" ? file.code : file.source)
  return ({ url = "/" }, response) => {
    const path = url === "/" ? "/index.html" : url
    const body = files.get(path)
    response
      .writeHead(body === undefined ? 404 : 200, { "content-type": TYPES[extname(path)] ?? "text/plain" })
      .end(body)
  }
}
