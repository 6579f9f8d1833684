import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"

/** What the command line asks for. */
export interface Options {
  readonly task: "hunt" | "replay" | "mutants" | "help"
  /** The first seed. */
  readonly from: number
  /** How many seeds: of a hunt; of each mutant. */
  readonly seeds: number
  /** How long to hunt; undefined: until the seeds are done. */
  readonly minutes: number | undefined
  readonly workers: number
  /** Names of mutants; none: all. */
  readonly names: readonly string[]
}

/** What a user wrote cannot be done. */
export class UsageError extends Error {}

const HUNT_SEEDS = 100
/** Enough for what shows in one run of a hundred. */
const MUTANT_SEEDS = 1_000

export const HELP = `Usage: pnpm simulate [options]
       pnpm simulate --replay <seed>
       pnpm simulate --mutants [name…]

Runs real clients and real brokers on a seeded virtual network, and looks for what must never happen.

Options:
  --seeds <n>      how many seeds to run (default ${HUNT_SEEDS}; with --mutants, for each at most, ${MUTANT_SEEDS})
  --minutes <m>    how long to run, instead of --seeds
  --from <seed>    the first seed (default 1)
  --workers <n>    threads (default: one for each processor)
  --replay <seed>  runs one seed and prints all that happened: who sent what, what was lost, what was delivered
  --mutants        plants one defect after the other into the packages' code, and expects each to be found
  --help           this text

Findings go to standard output, progress to standard error.
Exit code: 0, 1 when something was found (with --mutants: when something was not), 2 for what cannot be asked, 130 when
it was stopped.`

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const { replay, mutants = false } = values
  if (!mutants && positionals.length > 0) throw new UsageError(`What is "${positionals[0]}"?`)
  if (values.minutes !== undefined && values.seeds !== undefined)
    throw new UsageError("--seeds or --minutes, not both.")
  const task = values.help ? "help" : replay !== undefined ? "replay" : mutants ? "mutants" : "hunt"
  return {
    task,
    from: whole("--from", replay ?? values.from ?? "1", 0),
    seeds: whole("--seeds", values.seeds ?? String(mutants ? MUTANT_SEEDS : HUNT_SEEDS), 1),
    minutes: values.minutes === undefined ? undefined : positive("--minutes", values.minutes),
    workers: whole("--workers", values.workers ?? String(availableParallelism()), 1),
    names: positionals,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seeds: { type: "string" },
        minutes: { type: "string" },
        from: { type: "string" },
        workers: { type: "string" },
        replay: { type: "string" },
        mutants: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new UsageError(`${name} is a whole number from ${min}, not ${text}.`)
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new UsageError(`${name} is a number above 0, not ${text}.`)
}
