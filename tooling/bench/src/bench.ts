import { type MeasureOptions, measureWork } from "./measure-work.ts"
import { describeMachine } from "./report/machine.ts"
import type { Report, WorkResult } from "./report/report.ts"
import { readVersions } from "./report/versions.ts"
import type { SystemEntry } from "./systems.ts"
import type { Work } from "./work.ts"

export interface BenchOptions extends MeasureOptions {
  readonly works: readonly Work[]
  readonly systems: readonly SystemEntry[]
  /** Of this package: its dependencies are looked up there. */
  readonly packageDirectory: string
}

/** Measures every work with every system. */
export async function bench(options: BenchOptions): Promise<Report> {
  const { works, systems, rounds, seconds, warmUpSeconds } = options
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  const versions = await readVersions(
    systems.flatMap(({ packages }) => packages),
    options.packageDirectory,
  )
  const results: WorkResult[] = []
  for (const work of works) results.push(await measureWork(work, systems, options))
  return { startedAt, machine, versions, settings: { rounds, seconds, warmUpSeconds }, works: results }
}
