import { markdownTable } from "markdown-table"
import { BASELINE } from "../systems.ts"
import type { Measure } from "../work.ts"
import { countText, mibText, percentText, threeDigits } from "./number-text.ts"
import type { Spread, Summary, SystemResult, WorkResult } from "./report.ts"
import { relativeSpread } from "./statistics.ts"

const HEADINGS = [
  "work",
  "system",
  "deliveries/s",
  "±",
  "MiB/s",
  "p50 ms",
  "p99 ms",
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
  return `${mainFigure(measure, summary)}, ${threeDigits(summary.serverCpuMicrosPerDelivery.median)} µs`
}

function mainFigure(measure: Measure, { bytesPerSecond, deliveriesPerSecond, latency }: Summary): string {
  switch (measure) {
    case "bytes":
      return `${mibText(bytesPerSecond.median)} MiB/s`
    case "deliveries":
      return `${countText(deliveriesPerSecond.median)}/s`
    case "latency":
      return `p99 ${millisecondsText(latency?.p99Ms)} ms`
  }
}

function millisecondsText(spread: Spread | undefined): string {
  return spread === undefined ? "–" : threeDigits(spread.median)
}

/** Of speed, or of the median time where that is what is measured. */
function ratioText(own: Summary, baseline: Summary | undefined): string {
  if (baseline === undefined) return "–"
  const [mine, theirs] =
    own.latency === undefined || baseline.latency === undefined
      ? [own.bytesPerSecond, baseline.bytesPerSecond]
      : [own.latency.p50Ms, baseline.latency.p50Ms]
  return threeDigits(mine.median / theirs.median)
}

function row(work: WorkResult, { system, title, summary }: SystemResult, isFirst: boolean): string[] {
  const baseline = work.systems.find((other) => other.system === BASELINE)
  return [
    isFirst ? `${work.work}: ${work.title}` : "",
    system === "luxbus" ? `**${title}**` : title,
    countText(summary.deliveriesPerSecond.median),
    percentText(relativeSpread(summary.deliveriesPerSecond)),
    mibText(summary.bytesPerSecond.median),
    millisecondsText(summary.latency?.p50Ms),
    millisecondsText(summary.latency?.p99Ms),
    ratioText(summary, baseline?.summary),
    threeDigits(summary.serverCpuMicrosPerDelivery.median),
    percentText(summary.serverLoad.median),
    percentText(summary.clientLoad.median),
    mibText(summary.serverRssBytes.median),
  ]
}
