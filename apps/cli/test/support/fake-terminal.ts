import type { Terminal } from "../../src/terminal.ts"

/** A terminal that remembers what was written. */
export class FakeTerminal implements Terminal {
  readonly env: Terminal["env"]
  readonly interactive = false
  readonly columns = 80
  readonly outClosed = new AbortController().signal
  readonly errClosed = new AbortController().signal
  stdout = ""
  stderr = ""

  constructor(env: Terminal["env"] = {}) {
    this.env = env
  }

  readonly out: Terminal["out"] = async (data) => {
    this.stdout += textOf(data)
  }

  readonly err: Terminal["err"] = async (data) => {
    this.stderr += textOf(data)
  }
}

function textOf(data: string | Uint8Array): string {
  return typeof data === "string" ? data : Buffer.from(data).toString()
}
