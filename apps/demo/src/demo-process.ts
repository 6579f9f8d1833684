import { type ChildProcess, spawn } from "node:child_process"
import type { Readable } from "node:stream"
import type { BusStream } from "@luxbus/client"
import { BusError } from "@luxbus/packet"

/** Between SIGTERM and SIGKILL. The demo's command leaves its grace unused; a changed one may not. */
const GRACE_MS = 2_000

/** How the process ended. */
interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Runs a script in a process of its own and publishes its stdout and stderr as the two lanes of `stream`. Cancelling
 * the stream ends the process. Resolves when it has ended and the broker has it all.
 * @param signal ends the process too
 * @throws BusError when the stream fails; the process has ended then as well
 */
export async function publishProcess(stream: BusStream, script: string, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe"] })
  const ended = endOf(child)
  const stop = () => terminate(child)
  const stopped = AbortSignal.any([stream.signal, signal])
  if (stopped.aborted) stop()
  else stopped.addEventListener("abort", stop, { once: true })
  try {
    const [end] = await Promise.all([
      ended,
      pass(child.stdout, (chunk) => stream.main.write(chunk)),
      pass(child.stderr, (chunk) => stream.error.write(chunk)),
    ])
    await finish(stream, end, stopped)
  } finally {
    stop()
    await ended.catch(() => {})
  }
}

async function finish(stream: BusStream, { exitCode, signal }: ProcessEnd, stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) {
    const reason: unknown = stopped.reason
    await stream.fail({ status: "cancelled", reason: reason instanceof BusError ? reason.message : "stopped" })
  } else if (exitCode === 0) await stream.end()
  else if (signal !== null) await stream.fail({ signal, message: `killed by ${signal}` })
  else await stream.fail({ exitCode: exitCode ?? 1, message: `exit code ${exitCode}` })
}

async function pass(source: Readable, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  for await (const chunk of source) await write(chunk)
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new BusError("internal", "The demo's process did not start.", { cause })))
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal }))
  })
}

function terminate(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS)
  child.once("close", () => clearTimeout(timer))
}
