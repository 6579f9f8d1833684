import { markdownTable } from "markdown-table"
import { BASELINE } from "../systems.ts"
import { countText, mibText, percentText, threeDigits } from "./number-text.ts"
import type { Summary, SystemResult, WorkResult } from "./report.ts"
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

/** What was delivered per second, and what CPU time of the server each delivery took: one row for each work. */
export function shortTable(works: readonly WorkResult[]): string {
  const titles = works[0]?.systems.map(({ system, title }) => (system === "luxbus" ? `**${title}**` : title)) ?? []
  const rows = works.map((work) => [work.title, ...work.systems.map(({ summary }) => shortCell(work, summary))])
  return markdownTable([["", ...titles], ...rows], { align: ["l", ...titles.map(() => "r")] })
}

function shortCell({ measure }: WorkResult, summary: Summary): string {
  const { bytesPerSecond, deliveriesPerSecond, serverCpuMicrosPerDelivery } = summary
  const speed =
    measure === "bytes" ? `${mibText(bytesPerSecond.median)} MiB/s` : `${countText(deliveriesPerSecond.median)}/s`
  return `${speed}, ${threeDigits(serverCpuMicrosPerDelivery.median)} µs`
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
