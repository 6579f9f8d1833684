import { checkMutants } from "./check-mutants.ts"
import { formatReplay } from "./format-failure.ts"
import { hunt } from "./hunt.ts"
import { HELP, type Options, parseOptions, UsageError } from "./options.ts"
import { rollPlan } from "./roll-histories.ts"
import { simulate } from "./simulation.ts"

const MINUTE_MS = 60_000
const PROGRESS_MS = 2_000
const INTERRUPTED = 130

export interface MainOptions {
  /** Where bundles go. */
  readonly folder: string
  /** This package's sources. */
  readonly sources: string
  /** Stops everything, after the runs that are under way. */
  readonly signal: AbortSignal
}

/** The command. @returns the exit code; see {@link HELP} */
export async function main(args: readonly string[], parts: MainOptions): Promise<number> {
  try {
    const options = parseOptions(args)
    switch (options.task) {
      case "help":
        console.log(HELP)
        return 0
      case "replay":
        return await replay(options.from)
      case "mutants":
        return await huntMutants(options, parts)
      case "hunt":
        return await huntSeeds(options, parts)
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${HELP}`)
    return 2
  }
}

async function replay(seed: number): Promise<number> {
  const report = await simulate(rollPlan(seed), { isTold: true })
  console.log(formatReplay(report))
  return report.findings.length === 0 ? 0 : 1
}

async function huntSeeds({ from, seeds, minutes, workers }: Options, parts: MainOptions): Promise<number> {
  const startedAt = performance.now()
  const endsAt = minutes === undefined ? Number.POSITIVE_INFINITY : startedAt + minutes * MINUTE_MS
  const last = minutes === undefined ? from + seeds : Number.MAX_SAFE_INTEGER
  let next = from
  let done = 0
  let failed = 0
  const speed = () => {
    const seconds = (performance.now() - startedAt) / 1_000
    return `${done} seeds in ${seconds.toFixed(0)} s (${(done / seconds).toFixed(0)} per second), ${failed} failed`
  }
  const progress = setInterval(() => console.error(speed()), PROGRESS_MS)
  try {
    await hunt({
      ...parts,
      workers,
      next: () => (next < last && performance.now() < endsAt && !parts.signal.aborted ? next++ : undefined),
      onResult: ({ failure }) => {
        done++
        if (failure === undefined) return
        failed++
        console.log(failure.text)
      },
    })
  } finally {
    clearInterval(progress)
  }
  console.log(`${parts.signal.aborted ? "Stopped: " : ""}from seed ${from}: ${speed()}.`)
  if (failed > 0) return 1
  return parts.signal.aborted ? INTERRUPTED : 0
}

async function huntMutants({ from, seeds, workers, names }: Options, parts: MainOptions): Promise<number> {
  const verdicts = await checkMutants({
    ...parts,
    workers,
    from,
    seeds,
    names,
    onVerdict: (text) => console.error(text),
  })
  console.log(verdicts.table)
  if (parts.signal.aborted) return INTERRUPTED
  return verdicts.survivors === 0 ? 0 : 1
}
