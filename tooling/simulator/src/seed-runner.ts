import { Worker } from "node:worker_threads"

/** What became of one seed. */
export interface SeedResult {
  readonly seed: number
  /** What is wrong first, and all that is to be printed of it; undefined: nothing is. */
  readonly failure: { readonly finding: string; readonly text: string } | undefined
}

/** A run takes milliseconds; one that takes this long takes for ever. */
const MAX_RUN_MS = 60_000

/** Runs seeds on a thread of its own: what hangs or crashes there is a failure of its seed. */
export class SeedRunner {
  readonly #program: string
  readonly #maxRunMs: number
  #worker: Worker | undefined

  /** @param program the bundle of `seed-worker.ts` */
  constructor(program: string, maxRunMs = MAX_RUN_MS) {
    this.#program = program
    this.#maxRunMs = maxRunMs
  }

  /** Runs one seed; one at a time. */
  async run(seed: number): Promise<SeedResult> {
    // What a program prints of itself as it crashes is told by the failure.
    this.#worker ??= new Worker(this.#program, { stderr: true })
    const worker = this.#worker
    const result = await this.#resultOf(worker, seed)
    if (typeof result !== "string") return result
    await this.close()
    return { seed, failure: { finding: result, text: `Seed ${seed} failed:\n  ${result}` } }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  #resultOf(worker: Worker, seed: number): Promise<SeedResult | string> {
    return new Promise((resolve) => {
      const settle = (result: SeedResult | string) => {
        clearTimeout(watchdog)
        worker.off("message", settle).off("error", onError).off("exit", onExit)
        resolve(result)
      }
      const onError = (error: unknown) =>
        settle(`crashes: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      const onExit = (code: number) => settle(`ends its thread with ${code}`)
      const watchdog = setTimeout(() => settle("goes on for ever"), this.#maxRunMs)
      worker.once("message", settle).once("error", onError).once("exit", onExit)
      worker.postMessage(seed)
    })
  }
}
