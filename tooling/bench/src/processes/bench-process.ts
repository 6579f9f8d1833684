import { type ChildProcess, fork } from "node:child_process"
import type { Answer, Question } from "./messages.ts"

/** How long a process may take beyond the work itself: to start, to connect, to stop. */
const PATIENCE_MS = 20_000

export interface BenchProcessOptions {
  /** As in messages: "Socket.IO server". */
  readonly title: string
  /** Ends it. */
  readonly signal: AbortSignal
  /** Where a CPU profile is written at its end, and under which name; absent: none is. */
  readonly profile?: { readonly directory: string; readonly name: string }
}

type AnswerOf<T extends Answer["type"]> = Extract<Answer, { readonly type: T }>

/** A process that the bench has started, and that answers its questions, one at a time. */
export class BenchProcess {
  readonly #title: string
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #settle: ((answer: Answer | Error) => void) | undefined
  #failure: Error | undefined

  private constructor(script: string, args: readonly string[], { title, signal, profile }: BenchProcessOptions) {
    this.#title = title
    this.#child = fork(script, args, {
      execArgv: profile === undefined ? [] : profileArguments(profile),
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    })
    this.#ended = new Promise((resolve) => this.#child.once("exit", () => resolve()))
    this.#child.on("message", (answer: Answer) => this.#answered(answer))
    this.#child.once("error", (error) => this.#fail(error))
    this.#child.once("exit", (code) => this.#fail(new Error(`${title} ended with ${code}.`)))
    const stop = () => this.#fail(signal.reason as Error)
    signal.addEventListener("abort", stop)
    this.#child.once("exit", () => signal.removeEventListener("abort", stop))
  }

  /** Starts a process and waits for its first word. */
  static async start(script: string, args: readonly string[], options: BenchProcessOptions) {
    options.signal.throwIfAborted()
    const started = new BenchProcess(script, args, options)
    try {
      return { process: started, ready: await started.#next("ready", PATIENCE_MS) }
    } catch (error) {
      await started.kill()
      throw error
    }
  }

  /**
   * Asks, and waits for an answer of the type given.
   * @param workMs how long the work itself takes
   */
  ask<T extends Answer["type"]>(question: Question, type: T, workMs = 0): Promise<AnswerOf<T>> {
    this.#child.send(question)
    return this.#next(type, workMs + PATIENCE_MS)
  }

  /** Lets it end by itself, all its work closed. */
  async stop(): Promise<void> {
    try {
      await this.ask({ type: "stop" }, "stopped")
      await this.#ended
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  /** Ends it at once. Idempotent. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL")
    await this.#ended
  }

  #next<T extends Answer["type"]>(type: T, patienceMs: number): Promise<AnswerOf<T>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(new Error(`${this.#title} has not answered.`)), patienceMs)
      this.#settle = (answer) => {
        clearTimeout(timer)
        this.#settle = undefined
        if (answer instanceof Error) reject(answer)
        else if (answer.type === type) resolve(answer as AnswerOf<T>)
        else reject(new Error(`${this.#title} answered ${answer.type} instead of ${type}.`))
      }
      if (this.#failure !== undefined) this.#settle(this.#failure)
    })
  }

  #answered(answer: Answer): void {
    if (answer.type === "failed") this.#fail(new Error(`${this.#title} failed: ${answer.message}`))
    else this.#settle?.(answer)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#settle?.(error)
  }
}

function profileArguments({ directory, name }: { directory: string; name: string }): string[] {
  return ["--cpu-prof", `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}.cpuprofile`]
}
