import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest"
import { demoPage } from "../src/index.ts"

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** As written: fetch would tidy the path up. */
function ask(server: Server, path: string, method = "GET", headers: Record<string, string> = {}): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let body = ""
      response.setEncoding("utf8").on("data", (part) => {
        body += part
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on("error", reject).end()
  })
}

async function serve(folder: string): Promise<Server> {
  const server = createServer(demoPage({ folder }))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return server
}

describe("demoPage", () => {
  let server: Server

  beforeAll(async () => {
    server = await serve(inject("page"))
  })

  afterAll(() => void server.close())

  test("serves the page at its root, to be asked for anew each time", async () => {
    const { status, headers, body } = await ask(server, "/?from=mail")
    expect(status).toBe(200)
    expect(headers["content-type"]).toBe("text/html; charset=utf-8")
    expect(headers["cache-control"]).toBe("no-cache")
    expect(body).toContain("<title>Jobs · luxbus</title>")
  })

  test("serves what the page names, to be kept for ever", async () => {
    const { body } = await ask(server, "/send.html")
    const assets = [...body.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path)
    expect(assets.length).toBeGreaterThan(1)
    for (const path of assets) {
      const { status, headers } = await ask(server, path)
      expect(status).toBe(200)
      expect(headers["content-type"]).toMatch(path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/)
      expect(headers["cache-control"]).toContain("immutable")
    }
  })

  test("answers 304 without a body to whoever has it already", async () => {
    const { headers } = await ask(server, "/")
    const again = await ask(server, "/", "GET", { "if-none-match": `"other", W/${headers.etag}` })
    expect(again).toMatchObject({ status: 304, body: "" })
    expect((await ask(server, "/", "GET", { "if-none-match": '"other"' })).status).toBe(200)
  })

  test("answers HEAD without a body, and no other method", async () => {
    const head = await ask(server, "/", "HEAD")
    expect(head.body).toBe("")
    expect(Number(head.headers["content-length"])).toBeGreaterThan(100)
    expect(await ask(server, "/", "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } })
  })

  test.each([
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/../../package.json",
    "/..%5cpackage.json",
    "//etc/passwd",
    "/constructor",
    "/assets",
    "/%00",
  ])("holds nothing at %s", async (path) => {
    expect((await ask(server, path)).status).toBe(404)
  })

  test("lets nothing in from elsewhere, nothing inline, and nobody frame it", async () => {
    for (const path of ["/", "/nothing"]) {
      const { headers } = await ask(server, path, "GET", { host: "bus.example:7700" })
      const policy = String(headers["content-security-policy"]).split("; ")
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("connect-src 'self' ws://bus.example:7700 wss://bus.example:7700")
      expect(headers["x-content-type-options"]).toBe("nosniff")
    }
  })

  test("a Host that is none reaches no policy", async () => {
    const { headers } = await ask(server, "/", "GET", { host: "evil; script-src *" })
    expect(headers["content-security-policy"]).not.toContain("evil")
  })

  test("says that the page was not built, where it was not", async () => {
    const empty = await serve("/nonexistent/page")
    expect((await ask(empty, "/")).status).toBe(503)
    empty.close()
  })
})
