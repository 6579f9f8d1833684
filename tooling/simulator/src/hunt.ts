import { join } from "node:path"
import { bundle } from "./bundle.mjs"
import { type SeedResult, SeedRunner } from "./seed-runner.ts"

export interface HuntOptions {
  /** Where the bundle goes. */
  readonly folder: string
  /** This package's sources. */
  readonly sources: string
  readonly workers: number
  /** The next seed; undefined: there is none any more. */
  readonly next: () => number | undefined
  /** Called as seeds are done: not in their order. */
  readonly onResult: (result: SeedResult) => void
}

/** Runs seeds on so many threads, until there are no more. */
export async function hunt({ folder, sources, workers, next, onResult }: HuntOptions): Promise<void> {
  const program = join(folder, "seed-worker.mjs")
  await bundle(join(sources, "seed-worker.ts"), program)
  const runSeeds = async () => {
    const runner = new SeedRunner(program)
    try {
      for (let seed = next(); seed !== undefined; seed = next()) onResult(await runner.run(seed))
    } finally {
      await runner.close()
    }
  }
  await Promise.all(Array.from({ length: workers }, runSeeds))
}
