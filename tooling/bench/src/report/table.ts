import { markdownTable } from "markdown-table"
import { BASELINE } from "../systems.ts"
import { countText, mibText, percentText, threeDigits } from "./number-text.ts"
import type { SystemResult, WorkResult } from "./report.ts"
import { relativeSpread } from "./statistics.ts"

const HEADINGS = [
  "work",
  "system",
  "deliveries/s",
  "±",
  "MiB/s",
  "× raw relay",
  "server CPU µs per delivery",
  "server CPU",
  "client CPU",
  "server RSS MiB",
]

/** All results as a Markdown table, aligned so that a terminal shows it well too. Medians, with the rounds' spread. */
export function resultTable(works: readonly WorkResult[]): string {
  const rows = works.flatMap((work) => work.systems.map((system, index) => row(work, system, index === 0)))
  return markdownTable([HEADINGS, ...rows], { align: HEADINGS.map((_, index) => (index < 2 ? "l" : "r")) })
}

function row(work: WorkResult, { system, title, summary }: SystemResult, isFirst: boolean): string[] {
  const baseline = work.systems.find((other) => other.system === BASELINE)
  const ratio =
    baseline === undefined ? "–" : threeDigits(summary.bytesPerSecond.median / baseline.summary.bytesPerSecond.median)
  return [
    isFirst ? `${work.work}: ${work.title}` : "",
    system === "luxbus" ? `**${title}**` : title,
    countText(summary.deliveriesPerSecond.median),
    percentText(relativeSpread(summary.deliveriesPerSecond)),
    mibText(summary.bytesPerSecond.median),
    ratio,
    threeDigits(summary.serverCpuMicrosPerDelivery.median),
    percentText(summary.serverLoad.median),
    percentText(summary.clientLoad.median),
    mibText(summary.serverRssBytes.median),
  ]
}
