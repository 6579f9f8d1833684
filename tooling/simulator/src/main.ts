import { formatFailure } from "./format-failure.ts"
import { rollPlan } from "./roll-plan.ts"
import { simulate } from "./simulation.ts"

/** Lines between two words about how far the hunt is. */
const TELL_EVERY = 100

/** Runs so many seeds, and prints each that fails. @returns how many failed */
export async function hunt(from: number, count: number, print: (text: string) => void): Promise<number> {
  let failed = 0
  for (let seed = from; seed < from + count; seed++) {
    const report = await simulate(rollPlan(seed))
    if (report.findings.length > 0) {
      failed++
      print(formatFailure(report))
    }
    const done = seed - from + 1
    if (done % TELL_EVERY === 0) print(`${done} seeds, ${failed} failed`)
  }
  return failed
}
