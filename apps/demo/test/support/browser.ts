import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { describe } from "vitest"

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"
const ARGS = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
]

/**
 * Tests in a real browser. Where there is none they are skipped, and that is said aloud; under CI it is a failure.
 */
export function describeInBrowser(title: string, tests: () => void): void {
  const isThere = existsSync(CHROMIUM)
  if (!isThere && process.env["CI"] !== undefined) throw new Error(`CI needs Chromium at ${CHROMIUM}`)
  if (!isThere) {
    console.warn(`
  ! NOT TESTED: ${title}
  ! There is no Chromium at ${CHROMIUM}. Install it (Debian: apt-get install chromium),
  ! or say where it is: CHROMIUM_PATH=/path/to/chromium
`)
  }
  describe.skipIf(!isThere)(title, tests)
}

/** A browser of its own, with a profile of its own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS })
}

/** A page whose errors, and breaches of its policy, fail the test that ends with {@link Visit.check}. */
export interface Visit {
  readonly page: Page
  /** Opens another tab beside it. */
  another(): Promise<Page>
  /** @throws Error if the page logged or threw one */
  check(): Promise<void>
}

/** Opens an address in a new window, with storage of its own. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options)
  const faults: string[] = []
  const open = async () => {
    const page = await context.newPage()
    page.on("pageerror", (error) => faults.push(String(error)))
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()))
    await page.goto(url)
    return page
  }
  return {
    page: await open(),
    another: open,
    async check() {
      await context.close()
      if (faults.length > 0) throw new Error(`the page complained:\n${faults.join("\n")}`)
    },
  }
}
