import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { resultChart } from "./chart.ts"
import { withFigures } from "./performance-page.ts"
import type { Report } from "./report.ts"

/** Writes the figures into the documentation: the page, the chart and the JSON file. @param docs its folder */
export async function writePerformance(report: Report, docs: string): Promise<void> {
  const page = join(docs, "performance.md")
  await writeFile(page, withFigures(await readFile(page, "utf8"), report))
  await writeFile(join(docs, "images/bench.svg"), resultChart(report))
  await writeFile(join(docs, "performance.json"), reportJson(report))
}

/** As the JSON file has it. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
