import { join } from "node:path"
import { bundle } from "./bundle.mjs"
import { hunt } from "./hunt.ts"
import { MUTANTS } from "./mutants/all.ts"
import type { Mutant } from "./mutants/mutant.ts"
import { UsageError } from "./options.ts"
import type { Plan } from "./plan.ts"
import { rollPlan } from "./roll-histories.ts"
import { BUSY_TOPIC } from "./roll-more.ts"
import { SeedRunner } from "./seed-runner.ts"

export interface CheckMutantsOptions {
  /** Where bundles go. */
  readonly folder: string
  /** This package's sources. */
  readonly sources: string
  readonly workers: number
  /** The first seed. */
  readonly from: number
  /** How many seeds each mutant may survive at most. */
  readonly seeds: number
  /** Names of the mutants; none: all. */
  readonly names: readonly string[]
  readonly signal: AbortSignal
  /** Told of each mutant, as it is done. */
  readonly onVerdict: (text: string) => void
}

interface Verdict {
  readonly mutant: Mutant
  /** Seeds that were run. */
  readonly seeds: number
  /** What caught it; undefined: nothing did. */
  readonly finding: string | undefined
}

/** A mutant may spin: that is seen sooner than in a hunt. */
const MAX_RUN_MS = 20_000
/** Seeds that are run without a mutant. */
const CONTROL_SEEDS = 200
/** Findings are cut to this length in the table. */
const FINDING_LENGTH = 110

/**
 * Plants one mutant after the other and runs seeds until one fails.
 * @throws UsageError for a name that no mutant has; Error where a mutant's text is not found exactly once
 */
export async function checkMutants(options: CheckMutantsOptions) {
  const mutants = chosen(options.names)
  await assertSound(options)
  const verdicts: Verdict[] = []
  const waiting = [...mutants]
  const check = async () => {
    for (let mutant = waiting.shift(); mutant !== undefined && !options.signal.aborted; mutant = waiting.shift()) {
      const verdict = await judge(mutant, options)
      verdicts.push(verdict)
      options.onVerdict(`${verdicts.length} of ${mutants.length}: ${inWords(verdict)}`)
    }
  }
  await Promise.all(Array.from({ length: options.workers }, check))
  verdicts.sort((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant))
  const survivors = verdicts.filter(({ finding }) => finding === undefined).length
  return { survivors, table: tableOf(verdicts, survivors) }
}

function chosen(names: readonly string[]): readonly Mutant[] {
  const unknown = names.find((name) => !MUTANTS.some((mutant) => mutant.name === name))
  if (unknown !== undefined) throw new UsageError(`There is no mutant "${unknown}".`)
  return MUTANTS.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** Whatever caught everything would catch the code as it is. */
async function assertSound({ folder, sources, workers, from, signal }: CheckMutantsOptions): Promise<void> {
  let seed = from
  await hunt({
    folder,
    sources,
    workers,
    next: () => (seed < from + CONTROL_SEEDS && !signal.aborted ? seed++ : undefined),
    onResult: ({ failure }) => {
      if (failure !== undefined)
        throw new Error(`The code as it is fails, so that no mutant can be told:\n${failure.text}`)
    },
  })
}

async function judge(mutant: Mutant, { folder, sources, from, seeds, signal }: CheckMutantsOptions): Promise<Verdict> {
  const program = join(folder, `${mutant.name}.mjs`)
  await bundle(join(sources, "seed-worker.ts"), program, mutant)
  const runner = new SeedRunner(program, MAX_RUN_MS)
  try {
    let runs = 0
    for (let seed = from; runs < seeds && !signal.aborted; seed++) {
      if (!suits(mutant, rollPlan(seed))) continue
      const { failure } = await runner.run(seed)
      runs++
      if (failure !== undefined) return { mutant, seeds: runs, finding: failure.finding }
    }
    return { mutant, seeds, finding: undefined }
  } finally {
    await runner.close()
  }
}

/** Whether a run has what it takes to find a mutant. */
function suits({ needs }: Mutant, plan: Plan): boolean {
  if (needs === "busy") return plan.topics.some(({ subject }) => subject === BUSY_TOPIC)
  return needs === undefined || plan[needs] !== undefined
}

function inWords({ mutant, seeds, finding }: Verdict): string {
  return finding === undefined
    ? `${mutant.name} SURVIVED ${seeds} seeds`
    : `${mutant.name}, caught after ${seeds} ${seeds === 1 ? "seed" : "seeds"}`
}

function tableOf(verdicts: readonly Verdict[], survivors: number): string {
  const rows = verdicts.map(({ mutant, seeds, finding }) => [
    mutant.name,
    finding === undefined ? "SURVIVED" : String(seeds),
    finding === undefined ? mutant.breaks : firstLine(finding),
  ])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length), "seeds".length))
  const lines = [["mutant", "seeds", "caught by"], ...rows].map(
    ([name, seeds, finding]) => `${name!.padEnd(widths[0]!)}  ${seeds!.padStart(widths[1]!)}  ${finding}`,
  )
  return [...lines, "", `${verdicts.length} mutants, ${survivors} survived.`].join("\n")
}

function firstLine(finding: string): string {
  const [line = ""] = finding.split("\n")
  return line.length > FINDING_LENGTH ? `${line.slice(0, FINDING_LENGTH - 1)}…` : line
}
