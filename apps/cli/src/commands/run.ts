import { basename } from "node:path"
import { type Bus, type BusStream, RESUME_WINDOW_MS } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS } from "../connection-options.ts"
import { signalExitCode } from "../exit-code.ts"
import { onInterrupt } from "../interrupt.ts"
import { Job, type JobEnd } from "../job.ts"
import { longLoss } from "../long-loss.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import { Publication } from "../publication.ts"
import { readPipe } from "../read-pipe.ts"
import { readableId } from "../readable-id.ts"
import { secondsOption } from "../seconds-option.ts"
import { shownCommand } from "../shown-command.ts"
import type { Terminal } from "../terminal.ts"

const DEFAULT_GRACE_MS = 5_000

/** `luxbus run`: runs a command, and publishes its stdout and stderr as the two lanes of one stream. */
export const runCommand = defineCommand({
  name: "run",
  usage: "run [options] -- <command> [arguments]",
  summary: "run a command, and publish what it writes",
  positionals: [0, Number.POSITIVE_INFINITY],
  closedPipe: "ignore",
  options: {
    id: { type: "string", value: "<id>", description: "name of the stream (default: a random one, told on stderr)" },
    grace: {
      type: "string",
      value: "<seconds>",
      description: `between SIGTERM and SIGKILL when stopped (default: ${DEFAULT_GRACE_MS / 1000})`,
    },
    ...CONNECTION_OPTIONS,
  },
  notes: [
    "The command reads this stdin, its output is shown here too, and its exit code becomes this one's.\nCtrl-C, or luxbus cancel, stops it and everything it started. When the broker is away it goes on.\nWatchers see the command line, the folder's name and the process id, never the environment.",
  ],
  examples: [
    "luxbus run -- npm test",
    "luxbus run --id build -- make -j4",
    "cat data | luxbus run --id sort -- sort -n",
  ],
  async run({ options, positionals, rest, terminal }) {
    const [command, ...args] = rest
    if (command === undefined || positionals.length > 0)
      throw usageError({ name: "run" }, "put the command behind two dashes: luxbus run -- <command> [arguments]")
    const graceMs = secondsOption({ name: "run" }, "grace", options.grace, DEFAULT_GRACE_MS)
    const id = options.id ?? readableId()
    const { url, token } = options
    await using bus = await openBus({ url, token }, terminal)
    const stream = await bus.open(id, {
      headers: { command: shownCommand(rest), directory: basename(process.cwd()), pid: process.pid },
    })
    if (options.id === undefined) await terminal.err(`luxbus: watch it with: luxbus attach ${id}\n`)
    const end = await publishJob(new Job(command, args, { graceMs }), bus, stream, terminal)
    return jobExitCode(end)
  },
})

async function publishJob(job: Job, bus: Bus, stream: BusStream, terminal: Terminal): Promise<JobEnd> {
  const publication = new Publication(stream, (error) => {
    void terminal.err(`luxbus: the job goes on unpublished: ${error.message} (${error.code})\n`)
  })
  let cancelled: string | undefined
  const stop = (reason: string) => {
    cancelled ??= reason
    job.terminate()
  }
  let onSignal = (signal: NodeJS.Signals) => stop(`stopped by ${signal}`)
  const release = onInterrupt((signal) => onSignal(signal))
  const onCancel = () => stop(reasonOf(stream.signal))
  if (stream.signal.aborted) onCancel()
  else stream.signal.addEventListener("abort", onCancel)
  try {
    const [end] = await Promise.all([
      job.ended,
      // Should whoever reads a pipe here go away, it breaks under the job, as it would without us between them.
      readPipe(
        job.stdout,
        (chunk) => Promise.all([terminal.out(chunk), publication.write("main", chunk)]),
        terminal.outClosed,
      ),
      readPipe(
        job.stderr,
        (chunk) => Promise.all([terminal.err(chunk), publication.write("error", chunk)]),
        terminal.errClosed,
      ),
    ])
    const gaveUp = new Promise<void>((resolve) => {
      onSignal = () => resolve()
    })
    if (end.kind === "not started") await terminal.err(`luxbus: ${end.message}\n`)
    await tellEnd(bus, publication.finish(end, cancelled), gaveUp, terminal)
    return end
  } finally {
    release()
  }
}

/** Waits until the broker knows how the job ended, until it cannot know any more, or until a further Ctrl-C gives up. */
async function tellEnd(bus: Bus, finished: Promise<void>, gaveUp: Promise<void>, terminal: Terminal): Promise<void> {
  if (bus.status.state !== "connected")
    await terminal.err("luxbus: the job has ended; waiting for the broker to hear it (Ctrl-C gives up)\n")
  const { lost, stop } = longLoss(bus, RESUME_WINDOW_MS)
  const told = await Promise.race([finished.then(() => true), lost.then(() => false), gaveUp.then(() => false)])
  stop()
  if (!told) await terminal.err("luxbus: the broker was not told how the job ended\n")
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason
  return reason instanceof BusError ? reason.message : "cancelled"
}

function jobExitCode(end: JobEnd): number {
  return end.kind === "killed" ? signalExitCode(end.signal) : end.exitCode
}
