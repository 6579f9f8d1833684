import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { isJsonObject, type JsonObject } from "@luxbus/packet"

/** Longer than a job's own grace, so that `luxbus run` can end it. */
const PATIENCE_MS = 8_000

/** A `luxbus` process of the demo. */
export interface Member {
  readonly child: ChildProcess
  /** Its exit code, or undefined when a signal ended it; once both its pipes are closed. */
  readonly ended: Promise<number | undefined>
}

/** The demo's own processes, started from the same file as this one; none outlives it. */
export class Crew {
  readonly #script: string
  readonly #members = new Set<Member>()
  #stopping = false

  /** @param script path of the `luxbus` command */
  constructor(script: string) {
    this.#script = script
  }

  /** Starts `luxbus` with these arguments. */
  start(args: readonly string[]): Member {
    const child = spawn(process.execPath, [this.#script, ...args], { stdio: ["ignore", "pipe", "pipe"] })
    const ended = new Promise<number | undefined>((resolve) => {
      child.once("error", () => resolve(undefined))
      child.once("close", (code) => resolve(code ?? undefined))
    })
    const member = { child, ended }
    this.#members.add(member)
    void ended.then(() => this.#members.delete(member))
    if (this.#stopping) child.kill("SIGTERM")
    return member
  }

  /** Ends whoever still runs, and resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    const running = [...this.#members]
    for (const { child } of running) child.kill("SIGTERM")
    const timer = setTimeout(() => {
      for (const { child } of running) child.kill("SIGKILL")
    }, PATIENCE_MS)
    await Promise.all(running.map(({ ended }) => ended))
    clearTimeout(timer)
  }
}

/** Calls `onEvent` for each line of JSON that a member prints. Resolves when it prints no more. */
export async function readEvents(member: Member, onEvent: (event: JsonObject) => void): Promise<void> {
  if (member.child.stdout === null) return
  for await (const line of createInterface({ input: member.child.stdout })) {
    const event: unknown = JSON.parse(line)
    if (isJsonObject(event)) onEvent(event)
  }
}
