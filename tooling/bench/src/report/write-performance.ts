import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { resultChart } from "./chart.ts"
import { withFigures, withShortFigures } from "./performance-page.ts"
import type { Report } from "./report.ts"

/**
 * Writes the figures into the documentation: the page, the chart, the JSON file, and the README's short table.
 * @param docs its folder, beside the README
 */
export async function writePerformance(report: Report, docs: string): Promise<void> {
  const page = join(docs, "performance.md")
  const readme = join(docs, "../README.md")
  await writeFile(readme, withShortFigures(await readFile(readme, "utf8"), report))
  await writeFile(page, withFigures(await readFile(page, "utf8"), report))
  await writeFile(join(docs, "images/bench.svg"), resultChart(report))
  await writeFile(join(docs, "performance.json"), reportJson(report))
}

/** As the JSON file has it. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
