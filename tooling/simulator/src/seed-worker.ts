// A thread that runs the seeds that it is sent, one after the other.
import { parentPort } from "node:worker_threads"
import { formatFailure } from "./format-failure.ts"
import { rollPlan } from "./roll-histories.ts"
import type { SeedResult } from "./seed-runner.ts"
import { simulate } from "./simulation.ts"

async function run(seed: number): Promise<SeedResult> {
  const report = await simulate(rollPlan(seed))
  const [finding] = report.findings
  return { seed, failure: finding === undefined ? undefined : { finding, text: formatFailure(report) } }
}

parentPort?.on("message", (seed: number) => void run(seed).then((result) => parentPort?.postMessage(result)))
