import { fileURLToPath } from "node:url"
import type { BrowserContext, Page } from "playwright-core"

/** What `page-script.js` puts into a page. */
interface Probe {
  readonly texts: Readonly<Record<string, readonly string[]>>
  hold(isHeld: boolean): void
  cutAfter(sentBytes: number): Promise<void>
}

type Probed = typeof globalThis & { readonly probe: Probe }

/** Watches every page of a window from its beginning. */
export async function installProbe(context: BrowserContext): Promise<void> {
  await context.addInitScript({ path: fileURLToPath(new URL("./page-script.js", import.meta.url)) })
}

/** Every text that elements of a `data-testid` have shown since the page was opened, oldest first. */
export function textsShown(page: Page, testId: string): Promise<readonly string[]> {
  return page.evaluate((id) => (globalThis as Probed).probe.texts[id] ?? [], testId)
}

/** Presses the page's own "Cut connection", and keeps the network away until {@link restoreNetwork}. */
export async function cutNetwork(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as Probed).probe.hold(true))
  await page.getByRole("button", { name: "Cut connection" }).first().click()
}

/**
 * The same, pressed by the page itself once it has sent so many bytes more: a click from outside may take as long as a
 * whole transfer. Resolves when that has happened.
 */
export function cutNetworkAfter(page: Page, sentBytes: number): Promise<void> {
  return page.evaluate((bytes) => (globalThis as Probed).probe.cutAfter(bytes), sentBytes)
}

/** Lets the network back. */
export function restoreNetwork(page: Page): Promise<void> {
  return page.evaluate(() => (globalThis as Probed).probe.hold(false))
}
