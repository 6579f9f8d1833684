import { describeFault } from "./faults.ts"
import type { RunReport } from "./simulation.ts"

/** Steps that are printed of a run that failed. */
const LAST_STEPS = 40

/** What a run found, the line that replays it, its plan's faults and its last steps. */
export function formatFailure(report: RunReport): string {
  return [
    `Seed ${report.plan.seed} failed:`,
    ...report.findings.map((finding) => `  ${finding}`),
    `Replay it: pnpm simulate --replay ${report.plan.seed}`,
    ...describePlan(report),
    "Last steps:",
    ...report.trace.slice(-LAST_STEPS),
  ].join("\n")
}

/** All that happened in a run, with what it found at the end. */
export function formatReplay(report: RunReport): string {
  const { findings, plan } = report
  return [
    ...describePlan(report),
    "Steps:",
    ...report.trace,
    findings.length === 0 ? `Seed ${plan.seed}: nothing is wrong.` : `Seed ${plan.seed} failed:`,
    ...findings.map((finding) => `  ${finding}`),
  ].join("\n")
}

function describePlan({ plan }: RunReport): readonly string[] {
  const clients = plan.clients.map(
    ({ id, quality }) => `  ${id}: ${quality.latencyMs} ms, ${Math.round(quality.bytesPerSecond / 1024)} KiB/s`,
  )
  return [
    `Clients (ring ${plan.broker.ringBytes} bytes):`,
    ...clients,
    `Faults, over at ${plan.calmAtMs} ms:`,
    ...plan.faults.map((fault) => `  ${describeFault(fault)}`),
  ]
}
