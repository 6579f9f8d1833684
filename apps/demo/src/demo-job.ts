import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import type { Acceptor, Bus, BusStream } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { START_PREFIX } from "./demo-address.ts"
import { publishProcess } from "./demo-process.ts"

/** Settings of {@link demoJob}. */
export interface DemoJobOptions {
  /** Jobs that may run at once. Default 3: enough for an audience, and no way to fill a machine. */
  readonly maxAtOnce?: number
  /** The script that is run. Default: the one that this package's build puts beside this module. */
  readonly script?: string
  /** Hears of what failed in the background. Default: nobody. */
  readonly onError?: (error: BusError) => void
}

/** The demo's participant at work. */
export interface DemoJob {
  /** Takes no further starts, ends what runs, and resolves when nothing is left. */
  close(): Promise<void>
}

/** What an asker may take for fetching its answer. */
const ANSWER_MS = 10_000

/**
 * Starts the one fixed demo job for whoever opens a stream `demo.start.<any>` to this client, and publishes it as a
 * hosted stream with both lanes; cancelling that ends its process. The answer on the main lane is `{ job: <its name> }`;
 * past `maxAtOnce` the asker's stream fails with `rate_limited`. Nothing that an asker sends is read, so nothing of it
 * can choose what runs.
 * @param bus connected as {@link DEMO_CLIENT_ID}, where pages look for it; it stays the caller's to close
 */
export function demoJob(bus: Bus, options: DemoJobOptions = {}): DemoJob {
  return new DemoHost(bus, options)
}

class DemoHost implements DemoJob {
  readonly #bus: Bus
  readonly #maxAtOnce: number
  readonly #script: string
  readonly #onError: (error: BusError) => void
  readonly #acceptor: Acceptor
  readonly #running = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #accepting: Promise<void>

  constructor(bus: Bus, options: DemoJobOptions) {
    this.#bus = bus
    this.#maxAtOnce = options.maxAtOnce ?? 3
    this.#script = options.script ?? fileURLToPath(new URL("./examine-node.js", import.meta.url))
    this.#onError = options.onError ?? (() => {})
    this.#acceptor = bus.accept(`${START_PREFIX}*`)
    this.#accepting = this.#accept()
  }

  async close(): Promise<void> {
    this.#stop.abort(new BusError("going_away", "the demo is stopping"))
    await this.#acceptor.close()
    await this.#accepting
    await Promise.all(this.#running)
  }

  async #accept(): Promise<void> {
    try {
      for await (const call of this.#acceptor) void this.#answer(call).catch((error) => this.#report(error))
    } catch (error) {
      this.#report(error)
    }
  }

  async #answer(call: BusStream): Promise<void> {
    const timer = setTimeout(() => void call.close(), ANSWER_MS)
    try {
      await this.#reply(call)
    } finally {
      clearTimeout(timer)
      await call.close()
    }
  }

  async #reply(call: BusStream): Promise<void> {
    if (this.#running.size >= this.#maxAtOnce) {
      const message = `${this.#maxAtOnce} demo jobs are running already: watch one of them, or stop one.`
      await call.fail({ code: "rate_limited", message })
      return
    }
    await call.main.write({ job: this.#start() })
    await call.end()
  }

  /** @returns the job's name; it opens at once, and watchers may wait for it */
  #start(): string {
    const name = `demo.${randomBytes(3).toString("hex")}`
    const running = this.#run(name)
      .catch((error) => this.#report(error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    return name
  }

  async #run(name: string): Promise<void> {
    const { signal } = this.#stop
    const stream = await this.#bus.open(name, { headers: { command: ["node", "examine-node.js"] }, signal })
    try {
      await publishProcess(stream, this.#script, signal)
    } finally {
      await stream.close()
    }
  }

  #report(error: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#onError(error instanceof BusError ? error : new BusError("internal", String(error), { cause: error }))
  }
}
