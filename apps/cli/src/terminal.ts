import { once } from "node:events"
import type { Writable } from "node:stream"

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Results. Resolves when more may be written. */
  readonly out: (data: string | Uint8Array) => Promise<void>
  /** Everything else: progress, notices, errors. Resolves when more may be written. */
  readonly err: (data: string | Uint8Array) => Promise<void>
  /** Whether a person reads stderr, and how wide the window is. */
  readonly interactive: boolean
  readonly columns: number
  /** Aborts once nobody reads stdout any more. */
  readonly outClosed: AbortSignal
  /** The same of stderr. */
  readonly errClosed: AbortSignal
}

/** Takes this process's own streams. A reader that goes away (EPIPE) ends writing without a word. */
export function processTerminal(): Terminal {
  const out = writerOf(process.stdout)
  const err = writerOf(process.stderr)
  return {
    env: process.env,
    out: out.write,
    err: err.write,
    outClosed: out.closed,
    errClosed: err.closed,
    interactive: process.stderr.isTTY === true && process.env["TERM"] !== "dumb",
    get columns() {
      // Some pseudo-terminals have no size and say 0.
      return process.stderr.columns || 80
    },
  }
}

function writerOf(stream: Writable): { readonly write: Terminal["out"]; readonly closed: AbortSignal } {
  const closed = new AbortController()
  // Without a listener the error would end the process with a stack trace.
  stream.on("error", (error) => closed.abort(error))
  return {
    closed: closed.signal,
    async write(data) {
      if (closed.signal.aborted || stream.write(data)) return
      await once(stream, "drain", { signal: closed.signal }).catch(() => {})
    },
  }
}
