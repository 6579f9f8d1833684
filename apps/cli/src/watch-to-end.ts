import type { AttachedStream, Payload } from "@luxbus/client"
import { BusError, type Outcome } from "@luxbus/packet"
import { INTERRUPTED, outcomeExitCode } from "./exit-code.ts"
import { untilInterrupt } from "./interrupt.ts"
import type { Terminal } from "./terminal.ts"

/** How long nothing is said of waiting for a job: longer than a broker takes to answer. */
const SILENCE_MS = 500

/** What is done with a stream that is watched. */
export interface Watcher {
  /** The command that watches, to take up again with. */
  readonly command: string
  /** Nobody has started the stream yet. */
  waiting(): void
  /** The lane's next payload; the one after it is asked for when this resolves. */
  take(lane: "main" | "error", payload: Payload): Promise<void>
  /** It has ended, and everything was taken. */
  ended(outcome: Outcome): Promise<void>
}

/**
 * Watches a hosted stream to its end, or until this process is asked to stop; then it tells how to take up again.
 * @returns the exit code: the job's own where it ended
 * @throws BusError what the attachment fails with
 */
export async function watchToEnd(attachment: AttachedStream, watcher: Watcher, terminal: Terminal): Promise<number> {
  let opened = false
  void attachment.opened.then(
    () => {
      opened = true
    },
    () => {},
  )
  const waiting = setTimeout(() => {
    if (!opened) watcher.waiting()
  }, SILENCE_MS)
  const outcome = await untilInterrupt(watch(attachment, watcher)).finally(() => clearTimeout(waiting))
  if (outcome !== undefined) return outcomeExitCode(outcome)
  if (opened) {
    const again = `luxbus ${watcher.command} ${attachment.name} --from ${attachment.cursor}`
    await terminal.err(`\nluxbus: ${attachment.name} goes on. Take up here: ${again}\n`)
  }
  return INTERRUPTED
}

async function watch(attachment: AttachedStream, watcher: Watcher): Promise<Outcome> {
  await attachment.opened
  await Promise.all([takeAll(attachment, "main", watcher), takeAll(attachment, "error", watcher)])
  const outcome = await attachment.outcome
  await watcher.ended(outcome)
  return outcome
}

async function takeAll(attachment: AttachedStream, lane: "main" | "error", watcher: Watcher): Promise<void> {
  try {
    for await (const payload of attachment[lane]) await watcher.take(lane, payload)
  } catch (error) {
    // The lane stops where its writer was lost; the outcome tells so.
    if (!(error instanceof BusError && error.code === "expired")) throw error
  }
}
