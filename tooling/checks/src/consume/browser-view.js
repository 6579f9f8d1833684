import { existsSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { extname, join, normalize } from "node:path"
import { chromium } from "playwright-core"

/** Debian's. playwright-core brings no browser of its own. */
const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"
const FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
const TIMEOUT_MS = 30_000
const TYPES = new Map([
  [".html", "text/html"],
  [".js", "text/javascript"],
])

/** Whether there is a browser to test in. */
export function hasChromium() {
  return existsSync(CHROMIUM)
}

/**
 * Serves a folder on a free port of loopback.
 * @param {string} folder
 */
export async function servePage(folder) {
  const server = createServer(({ url = "/" }, response) => {
    const path = join(folder, normalize(url === "/" ? "/index.html" : url))
    const type = TYPES.get(extname(path))
    if (type === undefined || !existsSync(path)) return void response.writeHead(404).end()
    response.writeHead(200, { "content-type": type }).end(readFileSync(path))
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)))
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/**
 * Watches a finished job in Chromium, then publishes, in a page that has set `globalThis.luxbus` to the exports of `@luxbus/client`.
 * @param {string} origin the page's address
 * @param {string} url the broker's
 * @param {string} id the job's name
 * @returns {Promise<{ readonly main: string, readonly error: string, readonly status: string,
 *   readonly scripts: { readonly toWatch: number, readonly toWrite: number } }>} `scripts`: how many the page had loaded
 * when it had watched the job, and when it had published something then
 */
export async function viewInChromium(origin, url, id) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: TIMEOUT_MS })
  try {
    const page = await browser.newPage()
    /** @type {string[]} */
    const errors = []
    page.on("pageerror", (error) => errors.push(error.message))
    await page.goto(origin)
    await page.waitForFunction("globalThis.luxbus !== undefined", undefined, { timeout: TIMEOUT_MS }).catch((cause) => {
      throw new Error(errors.join("\n") || "the page does not load", { cause })
    })
    return await page.evaluate(viewScript(url, id))
  } finally {
    await browser.close()
  }
}

/**
 * @param {string} url
 * @param {string} id
 */
function viewScript(url, id) {
  return `(async () => {
    const bus = await luxbus.connect(${JSON.stringify(url)})
    const job = bus.attach(${JSON.stringify(id)})
    const [main, error, { status }] = await Promise.all([job.main.text(), job.error.text(), job.outcome])
    const scripts = () => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js")).length
    const toWatch = scripts()
    await bus.publish("seen", status)
    const toWrite = scripts()
    await bus.close()
    return { main, error, status, scripts: { toWatch, toWrite } }
  })()`
}
