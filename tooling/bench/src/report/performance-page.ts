import { factsLine } from "./facts.ts"
import type { Report } from "./report.ts"
import { resultTable, shortTable } from "./table.ts"

const BEGIN = "<!-- figures: written by `pnpm bench --write` -->"
const BUSY = `**The machine was busy with other things.** What is measured per second is too low, and too low by more for whoever needs
both cores at once; the CPU time per delivery suffers least. Measure again when it is quiet.`
const END = "<!-- end of figures -->"

/**
 * The page with the figures of a report in place of the former ones. What stands around them is written by hand.
 * @throws Error where the page does not mark their place
 */
export function withFigures(page: string, report: Report): string {
  return withText(page, figures(report))
}

/** The README with a short table in place of the former one. @throws Error where it does not mark its place */
export function withShortFigures(readme: string, report: Report): string {
  return withText(readme, `${shortTable(report.works)}\n\n${factsLine(report)}`)
}

function withText(page: string, text: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`The page has no place for figures: "${BEGIN}" … "${END}".`)
  return `${page.slice(0, begin)}${BEGIN}\n\n${text}\n\n${page.slice(end)}`
}

function figures(report: Report): string {
  const { rounds, seconds, warmUpSeconds } = report.settings
  return `${factsLine(report)}

${resultTable(report.works)}

Medians of ${rounds} rounds of ${seconds} s after ${warmUpSeconds} s of warm-up; ± is half of what lies between the lowest and the highest. CPU
and memory are those of the operating system's accounting; 100 % is one core. Load average of the machine when it began:
${report.machine.loadAverage.toFixed(2)}. Versions: ${versionsText(report)}.${isBusy(report) ? `\n\n${BUSY}` : ""}`
}

/** The bench itself keeps two processes busy at most: it needs a machine that does little else. */
function isBusy({ machine }: Report): boolean {
  return machine.loadAverage > machine.cores / 2
}

/** luxbus's packages have no versions of their own yet: the commit tells more. */
function versionsText({ versions }: Report): string {
  return Object.entries(versions)
    .filter(([name]) => !name.startsWith("@luxbus/"))
    .map(([name, version]) => (name === "commit" ? `luxbus at ${version}` : `${name} ${version}`))
    .join(", ")
}
