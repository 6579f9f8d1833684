import { writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { bench } from "./bench.ts"
import { HELP, type Options, parseOptions, UsageError } from "./options.ts"
import { resultTable } from "./report/table.ts"
import { reportJson, writePerformance } from "./report/write-performance.ts"
import { SYSTEMS } from "./systems.ts"
import { findWork } from "./works.ts"

/** Enough for the compiler to have seen everything; no longer than a round. */
const MAX_WARM_UP_SECONDS = 1
const INTERRUPTED = 130

export interface MainOptions {
  /** Folder of the bundled processes, a subfolder of this package's node_modules. */
  readonly programs: string
  /** Stops everything. */
  readonly signal: AbortSignal
}

/** The command. @returns the exit code: 0, 1 for a failure, 2 for what cannot be asked, 130 when it was stopped */
export async function main(args: readonly string[], { programs, signal }: MainOptions): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options.help) console.log(HELP)
    else await run(options, programs, signal)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${HELP}`)
      return 2
    }
    console.error(signal.aborted ? "Stopped." : error)
    return signal.aborted ? INTERRUPTED : 1
  }
}

async function run(options: Options, programs: string, signal: AbortSignal): Promise<void> {
  const packageDirectory = resolve(programs, "../..")
  const report = await bench({
    works: options.works.map(findWork),
    systems: SYSTEMS,
    rounds: options.rounds,
    seconds: options.seconds,
    warmUpSeconds: Math.min(MAX_WARM_UP_SECONDS, options.seconds),
    maxMessages: Number.MAX_SAFE_INTEGER,
    ...(options.profile !== undefined && { profileDirectory: resolve(options.profile) }),
    programs,
    packageDirectory,
    signal,
    onProgress: (text) => console.error(text),
  })
  console.log(resultTable(report.works))
  if (options.json !== undefined) await writeFile(options.json, reportJson(report))
  if (options.write) await writePerformance(report, join(packageDirectory, "../../docs"))
}
