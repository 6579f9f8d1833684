import type { BusStream } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import type { JobEnd } from "./job.ts"

type LaneName = "main" | "error"

/**
 * What a job writes, on its way to the bus. A bus that fails for good does not fail the job: the failure is told once,
 * and the rest stays unpublished.
 */
export class Publication {
  readonly #stream: BusStream
  readonly #onFailure: (error: BusError) => void
  #failed = false

  constructor(stream: BusStream, onFailure: (error: BusError) => void) {
    this.#stream = stream
    this.#onFailure = onFailure
  }

  /** Resolves when the stream's memory holds the chunk: while the connection is away and memory full, it waits. */
  async write(lane: LaneName, chunk: Uint8Array): Promise<void> {
    await this.#attempt(() => this.#stream[lane].write(chunk))
  }

  /**
   * States how the job ended; resolves when the broker has it all.
   * @param cancelled why it was asked to stop, if it was
   */
  async finish(end: JobEnd, cancelled: string | undefined): Promise<void> {
    await this.#attempt(() => this.#end(end, cancelled))
  }

  #end(end: JobEnd, cancelled: string | undefined): Promise<void> {
    if (cancelled !== undefined) return this.#stream.fail({ status: "cancelled", reason: cancelled })
    switch (end.kind) {
      case "killed":
        return this.#stream.fail({ status: "error", signal: end.signal, message: `killed by ${end.signal}` })
      case "not started":
        return this.#stream.fail({ status: "error", exitCode: end.exitCode, message: end.message })
      case "exited": {
        const { exitCode } = end
        if (exitCode === 0) return this.#stream.end()
        return this.#stream.fail({ status: "error", exitCode, message: `exit code ${exitCode}` })
      }
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#failed) return
    try {
      await work()
    } catch (error) {
      if (this.#failed) return
      this.#failed = true
      this.#onFailure(error instanceof BusError ? error : new BusError("internal", String(error), { cause: error }))
    }
  }
}
