import axe from "axe-core"
import type { Page } from "playwright-core"

/** WCAG 2.2, levels A and AA, and what axe calls best practice. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

/** What axe finds wrong with a page as it stands: one line per rule and element. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // An evaluation from outside is not the page's own, and so not under its policy.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(
    (values) => (globalThis as typeof globalThis & { axe: typeof axe }).axe.run({ runOnly: { type: "tag", values } }),
    TAGS,
  )
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`),
  )
}
