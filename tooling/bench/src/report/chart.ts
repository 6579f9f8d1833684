import { factsLine } from "./facts.ts"
import { countText, mibText, threeDigits } from "./number-text.ts"
import type { Report, Spread, SystemResult, WorkResult } from "./report.ts"

const WIDTH = 880
const MARGIN = 28
const HEADER_HEIGHT = 74
const TITLE_HEIGHT = 30
const ROW_HEIGHT = 32
const BAR_HEIGHT = 20
const PANEL_GAP = 22
const FOOTER_HEIGHT = 44
const BAR_LEFT = 156
/** The longest bar: what is right of it is for the value. */
const BAR_WIDTH = 390

/**
 * The chart brings its own ground, so that it can be read on any page; its colours go by what the reader's system asks
 * for, since an image knows nothing of the page around it.
 */
const STYLE = `
    svg { --ground: #fffefb; --edge: #dcd9d0; --ink: #1d1f1e; --dim: #5f6360; --own: #0f766a; --peer: #aaa79d; --mark: #1d1f1e; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #171c1b; --edge: #2a3230; --ink: #e6eae8; --dim: #97a29e; --own: #2f9e8c; --peer: #66716d; --mark: #e6eae8; }
    }
    .ground { fill: var(--ground); stroke: var(--edge); }
    text { fill: var(--ink); font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    .head { font-size: 18px; font-weight: 600; }
    .work, .own-text { font-weight: 600; }
    .dim { fill: var(--dim); font-size: 13px; font-weight: 400; }
    .own { fill: var(--own); }
    .peer { fill: var(--peer); }
    .spread { stroke: var(--mark); stroke-width: 1.5; }
`

/** The results as an SVG image: a panel for each work, a bar for each system, on a scale of the panel's own. Latency is not in it: longer would be worse. */
export function resultChart(report: Report): string {
  const works = report.works.filter(({ measure }) => measure !== "latency")
  const heights = works.map(({ systems }) => TITLE_HEIGHT + systems.length * ROW_HEIGHT + PANEL_GAP)
  const height = HEADER_HEIGHT + heights.reduce((sum, panel) => sum + panel, 0) + FOOTER_HEIGHT - PANEL_GAP
  let top = HEADER_HEIGHT
  const panels = works.map((work, index) => {
    const panel = panelOf(work, top)
    top += heights[index] ?? 0
    return panel
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">
  <title id="title">luxbus beside other systems</title>
  <desc id="desc">${escaped(description(works))}</desc>
  <style>${STYLE}  </style>
  <rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
  <text class="head" x="${MARGIN}" y="38">luxbus beside other systems</text>
  <text class="dim" x="${MARGIN}" y="58">Longer is better. Median of ${report.settings.rounds} rounds; the line shows the lowest and the highest.</text>
${panels.join("\n")}
  <text class="dim" x="${MARGIN}" y="${height - 20}">${escaped(factsLine(report))}</text>
</svg>
`
}

function panelOf(work: WorkResult, top: number): string {
  const longest = Math.max(...work.systems.map((system) => measured(work, system).highest))
  const rows = work.systems.map((system, index) => row(work, system, top + TITLE_HEIGHT + index * ROW_HEIGHT, longest))
  const unit = work.measure === "deliveries" ? "deliveries per second" : "MiB per second"
  return `  <text class="work" x="${MARGIN}" y="${top + 16}">${escaped(work.title)}<tspan class="dim" dx="8">${unit}</tspan></text>
${rows.join("\n")}`
}

function row(work: WorkResult, system: SystemResult, top: number, longest: number): string {
  const spread = measured(work, system)
  const at = (value: number) => round((value / longest) * BAR_WIDTH)
  const middle = top + BAR_HEIGHT / 2
  const isOwn = system.system === "luxbus"
  const valueLeft = BAR_LEFT + at(spread.highest) + 10
  return `  <text${isOwn ? ' class="own-text"' : ""} x="${MARGIN}" y="${middle + 5}">${escaped(system.title)}</text>
  <rect class="${isOwn ? "own" : "peer"}" x="${BAR_LEFT}" y="${top}" width="${at(spread.median)}" height="${BAR_HEIGHT}" rx="3"/>
  <line class="spread" x1="${BAR_LEFT + at(spread.lowest)}" x2="${BAR_LEFT + at(spread.highest)}" y1="${middle}" y2="${middle}"/>
  <text${isOwn ? ' class="own-text"' : ""} x="${valueLeft}" y="${middle + 5}">${measuredText(work, spread.median)}<tspan class="dim" dx="8">${cpuText(system)}</tspan></text>`
}

function measured(work: WorkResult, { summary }: SystemResult): Spread {
  return work.measure === "deliveries" ? summary.deliveriesPerSecond : summary.bytesPerSecond
}

function measuredText(work: WorkResult, value: number): string {
  return work.measure === "deliveries" ? countText(value) : mibText(value)
}

function cpuText({ summary }: SystemResult): string {
  return `${threeDigits(summary.serverCpuMicrosPerDelivery.median)} µs server CPU each`
}

/** For those who do not see it. */
function description(works: readonly WorkResult[]): string {
  return works
    .map((work) => {
      const unit = work.measure === "deliveries" ? "deliveries per second" : "MiB per second"
      const values = work.systems.map(
        (system) => `${system.title} ${measuredText(work, measured(work, system).median)} (${cpuText(system)})`,
      )
      return `${work.title}, ${unit}: ${values.join(", ")}.`
    })
    .join(" ")
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}
