import type { IncomingMessage, ServerResponse } from "node:http"
import { fileURLToPath } from "node:url"
import { type PageFile, readPageFiles } from "./page-files.ts"
import { pageHeaders } from "./page-headers.ts"

/** Answers a plain HTTP request: what `listen({ onRequest })` of `@luxbus/server` takes. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

/** Settings of {@link demoPage}. */
export interface DemoPageOptions {
  /** Where the built page lies. Default: `page` beside this module, where this package's build puts it. */
  readonly folder?: string
}

const INDEX = "/index.html"

/**
 * Serves the page: GET and HEAD of its files, each with its content type, an entity tag and a strict
 * Content-Security-Policy. Files are read once, here. Any other path is 404, any other method 405; where the page was
 * not built every path is 503. It holds nothing that has to be closed.
 */
export function demoPage(options: DemoPageOptions = {}): RequestHandler {
  const folder = options.folder ?? fileURLToPath(new URL("./page", import.meta.url))
  const files = readPageFiles(folder)
  return (request, response) => {
    for (const [name, value] of Object.entries(pageHeaders(request.headers.host))) response.setHeader(name, value)
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      answerText(response, 405, "Only GET and HEAD are answered here.")
      return
    }
    const path = request.url?.split("?", 1)[0] ?? "/"
    const file = files.get(path === "/" ? INDEX : path)
    if (file !== undefined) answerFile(request, response, file)
    else if (files.size === 0) answerText(response, 503, "The page was not built.")
    else answerText(response, 404, "There is nothing here. The page is at /.")
  }
}

function answerFile(request: IncomingMessage, response: ServerResponse, file: PageFile): void {
  response.setHeader("etag", file.etag)
  response.setHeader("cache-control", file.isHashed ? "public, max-age=31536000, immutable" : "no-cache")
  if (hasTag(request.headers["if-none-match"], file.etag)) {
    response.writeHead(304).end()
    return
  }
  response.writeHead(200, { "content-type": file.contentType, "content-length": file.body.length })
  response.end(request.method === "HEAD" ? undefined : file.body)
}

/** RFC 9110, 13.1.2: a list of tags, compared weakly, or any. */
function hasTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag)
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" })
  response.end(response.req.method === "HEAD" ? undefined : text)
}
