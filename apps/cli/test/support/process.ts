import { type ChildProcess, spawn } from "node:child_process"
import { inject } from "vitest"

/** How a process ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** What a test gives a process. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Written to its stdin, which then ends. Default: an empty stdin. */
  readonly input?: string | Uint8Array
  /** Leaves stdin open for the test to write to. */
  readonly keepStdin?: boolean
  /** Keeps stdout unread: the test reads it, or not. Default: it is collected. */
  readonly readStdout?: boolean
  readonly cwd?: string
  /** A shell's line that starts it as `"$@"`, in circumstances that only a shell can make. */
  readonly shell?: string
}

const started = new Set<Process>()

/** A real `luxbus` process. */
export class Process {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly #out: Buffer[] = []
  readonly #err: Buffer[] = []
  readonly #watchers = new Set<() => void>()

  constructor(args: readonly string[], options: StartOptions) {
    const { LUXBUS_URL: _url, LUXBUS_TOKEN: _token, ...env } = process.env
    const command = [process.execPath, inject("cli"), ...args]
    const [file = "", ...rest] = options.shell === undefined ? command : ["sh", "-c", options.shell, "sh", ...command]
    const child = spawn(file, rest, {
      env: { ...env, ...options.env },
      cwd: options.cwd,
      stdio: ["pipe", "pipe", "pipe"],
    })
    this.child = child
    started.add(this)
    if (options.readStdout !== false) child.stdout.on("data", (data: Buffer) => this.#collect(this.#out, data))
    child.stderr.on("data", (data: Buffer) => this.#collect(this.#err, data))
    child.stdin.on("error", () => {})
    if (options.keepStdin !== true) child.stdin.end(options.input)
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject)
      child.once("close", (code, signal) => {
        started.delete(this)
        for (const watcher of this.#watchers) watcher()
        resolve({ code, signal, stdout: Buffer.concat(this.#out), stderr: this.stderr })
      })
    })
  }

  get stdout(): string {
    return Buffer.concat(this.#out).toString()
  }

  get stderr(): string {
    return Buffer.concat(this.#err).toString()
  }

  /** Resolves once what it wrote on both pipes matches; rejects if it ends before. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(`${this.stdout}\n${this.stderr}`)
      if (match !== null) return match
      if (!started.has(this)) throw new Error(`ended without ${pattern}: ${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
      this.#watchers.clear()
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  #collect(parts: Buffer[], data: Buffer): void {
    parts.push(data)
    for (const watcher of this.#watchers) watcher()
  }
}

/** Starts `luxbus` with these arguments. */
export function luxbus(args: readonly string[], options: StartOptions = {}): Process {
  return new Process(args, options)
}

/** Ends whatever a test left running: for `afterAll`. */
export async function endAll(): Promise<void> {
  const left = [...started]
  for (const { child } of left) child.kill("SIGKILL")
  await Promise.all(left.map(({ ended }) => ended))
}

/** A broker of its own process. */
interface ServedBroker {
  readonly url: string
  /** Where it serves the page. */
  readonly page: string
  readonly process: Process
}

/** Starts a broker on a free port. */
export async function serve(...flags: readonly string[]): Promise<ServedBroker> {
  const broker = luxbus(["serve", "--port", "0", "--json", "--log-level", "warn", ...flags])
  const [, url = ""] = await broker.shows(/"url":"([^"]+)"/)
  return { url, page: url.replace("ws:", "http:"), process: broker }
}
