import { type ChildProcess, spawn } from "node:child_process"
import type { Readable, Writable } from "node:stream"

/** How a job ended. */
export type JobEnd =
  | { readonly kind: "exited"; readonly exitCode: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "not started"; readonly exitCode: number; readonly message: string }

const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/** A command as a process of its own, leading its own group so that whatever it starts ends with it. */
export class Job {
  /** What it reads; null where it reads our stdin itself. */
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the command has ended and both its pipes are closed. */
  readonly ended: Promise<JobEnd>
  readonly #child: ChildProcess
  readonly #graceMs: number
  #closed = false
  #killTimer: NodeJS.Timeout | undefined

  /**
   * @param graceMs how long {@link Job.terminate} waits between SIGTERM and SIGKILL
   * @param stdin what the command reads: ours (`inherit`, the default), or what is written to {@link Job.stdin}
   */
  constructor(
    command: string,
    args: readonly string[],
    { graceMs, stdin = "inherit" }: { readonly graceMs: number; readonly stdin?: "inherit" | "pipe" },
  ) {
    this.#graceMs = graceMs
    const detached = process.platform !== "win32"
    // Two calls, as the types tell by the form which pipes there are.
    const child =
      stdin === "pipe"
        ? spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], detached })
        : spawn(command, args, { stdio: ["inherit", "pipe", "pipe"], detached })
    this.#child = child
    this.stdin = child.stdin
    this.stdout = child.stdout
    this.stderr = child.stderr
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#end(resolve, notStarted(command, error)))
      child.once("close", (exitCode, signal) =>
        this.#end(resolve, signal === null ? { kind: "exited", exitCode: exitCode ?? 0 } : { kind: "killed", signal }),
      )
    })
  }

  /** Asks the whole group to end (SIGTERM), and ends it (SIGKILL) if it still holds its pipes after the grace. */
  terminate(): void {
    if (this.#closed || this.#killTimer !== undefined) return
    this.#signal("SIGTERM")
    this.#killTimer = setTimeout(() => this.#signal("SIGKILL"), this.#graceMs)
  }

  #end(resolve: (end: JobEnd) => void, end: JobEnd): void {
    this.#closed = true
    clearTimeout(this.#killTimer)
    resolve(end)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      if (process.platform === "win32") this.#child.kill(signal)
      else process.kill(-pid, signal)
    } catch {
      // The group is gone already: its last member ended between our look and the signal.
    }
  }
}

function notStarted(command: string, error: Error): JobEnd {
  const code = "code" in error ? error.code : undefined
  if (code === "ENOENT") return { kind: "not started", exitCode: NOT_FOUND, message: `command not found: ${command}` }
  return { kind: "not started", exitCode: NOT_EXECUTABLE, message: `cannot execute ${command}: ${error.message}` }
}
