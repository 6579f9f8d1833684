import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { installProbe } from "./page-probe.ts"

/** A page whose errors, and breaches of its policy, fail the test that ends with {@link Visit.check}. */
export interface Visit {
  readonly page: Page
  /** Opens another tab beside it. */
  another(): Promise<Page>
  /** @throws Error if a page logged or threw one */
  check(): Promise<void>
}

/** Opens an address in a new window, with storage of its own. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options)
  await installProbe(context)
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
