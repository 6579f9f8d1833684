import { describeFault } from "./faults.ts"
import type { RunReport } from "./simulation.ts"

/** Steps that are printed of a run that failed. */
const LAST_STEPS = 40

/** What a run found, the line that replays it, its plan's faults and its last steps. */
export function formatFailure({ plan, findings, trace }: RunReport): string {
  const clients = plan.clients.map(
    ({ id, quality }) => `  ${id}: ${quality.latencyMs} ms, ${Math.round(quality.bytesPerSecond / 1024)} KiB/s`,
  )
  return [
    `Seed ${plan.seed} failed:`,
    ...findings.map((finding) => `  ${finding}`),
    `Replay it: pnpm simulate --from ${plan.seed} --seeds 1`,
    `Clients (ring ${plan.broker.ringBytes} bytes):`,
    ...clients,
    `Faults, over at ${plan.calmAtMs} ms:`,
    ...plan.faults.map((fault) => `  ${describeFault(fault)}`),
    "Last steps:",
    ...trace.slice(-LAST_STEPS),
  ].join("\n")
}
