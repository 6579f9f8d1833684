import { once } from "node:events"
import type { Channel, ChannelRequest } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS } from "../connection-options.ts"
import { onInterrupt } from "../interrupt.ts"
import { Job } from "../job.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import { payloadBytes } from "../payload-bytes.ts"
import { Publication } from "../publication.ts"
import { readPipe } from "../read-pipe.ts"
import type { Terminal } from "../terminal.ts"

const NAME = { name: "reply" }
const GRACE_MS = 5_000

/** `luxbus reply`: provides a channel, each request through a command's stdin and stdout. */
export const replyCommand = defineCommand({
  name: "reply",
  usage: "reply [options] <channel> -- <command> [arguments]",
  summary: "answer a channel's requests, each by a command",
  positionals: [1, 1],
  options: {
    concurrency: { type: "string", value: "<n>", description: "commands that run at a time (default: 1)" },
    ...CONNECTION_OPTIONS,
  },
  notes: [
    "Each request starts the command once: it reads the request on stdin, its stdout is the answer, its stderr goes\nbeside it, and an exit code other than 0 is the request's failure. A consumer that gives up stops it (SIGTERM,\nthen SIGKILL). Ctrl-C takes no more requests and ends once those under way are answered; another one stops them.",
  ],
  examples: ["luxbus reply shout -- tr a-z A-Z", "luxbus reply thumbnail --concurrency 4 -- convert - -resize 200x -"],
  async run({ options, positionals: [id = ""], rest, terminal }) {
    const [command, ...args] = rest
    if (command === undefined)
      throw usageError(NAME, "put the command behind two dashes: luxbus reply <channel> -- <command>")
    const concurrency = Number(options.concurrency ?? "1")
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 1_024)
      throw usageError(NAME, `--concurrency ${options.concurrency} is no whole number from 1 to 1024`)
    const { url, token } = options
    await using bus = await openBus({ url, token }, terminal)
    const channel = await bus.channel(id, { role: "provider", capacity: concurrency })
    await terminal.err(`luxbus: answers "${id}" as ${bus.id}\n`)
    const jobs = new Set<Job>()
    const release = onInterrupt(() => {
      if (channel.closed) for (const job of jobs) job.terminate()
      else void channel.close()
    })
    try {
      const work = () =>
        answerAll(channel, () => new Job(command, args, { graceMs: GRACE_MS, stdin: "pipe" }), jobs, terminal)
      await Promise.all(Array.from({ length: concurrency }, work))
    } finally {
      release()
    }
    return 0
  },
})

async function answerAll(channel: Channel, start: () => Job, jobs: Set<Job>, terminal: Terminal): Promise<void> {
  for await (const request of channel.requests()) {
    const job = start()
    jobs.add(job)
    await answer(request, job, terminal)
    jobs.delete(job)
  }
}

/** What of the answer no longer reaches the consumer is dropped: the command runs to its end, or until it is stopped. */
async function answer(request: ChannelRequest, job: Job, terminal: Terminal): Promise<void> {
  const stop = () => job.terminate()
  if (request.signal.aborted) stop()
  else request.signal.addEventListener("abort", stop)
  const publication = new Publication(request.stream, ({ code, message }) => {
    if (code !== "cancelled" && code !== "closed" && code !== "timeout") {
      void terminal.err(`luxbus: a request of ${request.from} was not answered: ${message} (${code})\n`)
    }
  })
  const feeding = feed(request, job)
  const [end] = await Promise.all([
    job.ended,
    readPipe(job.stdout, (chunk) => publication.write("main", chunk)),
    readPipe(job.stderr, (chunk) => publication.write("error", chunk)),
  ])
  if (end.kind === "not started") await terminal.err(`luxbus: ${end.message}\n`)
  request.signal.removeEventListener("abort", stop)
  await publication.finish(end, undefined)
  await feeding
}

/** The request goes to the command as it arrives; one that reads no further is no fault. */
async function feed(request: ChannelRequest, job: Job): Promise<void> {
  const { stdin } = job
  if (stdin === null) throw new BusError("internal", "The command has no stdin.")
  stdin.on("error", () => {})
  const closed = new Promise<void>((resolve) => stdin.once("close", resolve))
  try {
    for await (const payload of request.main) {
      if (stdin.destroyed) break
      if (!stdin.write(payloadBytes(payload))) await Promise.race([once(stdin, "drain"), closed])
    }
  } catch {
    // It was given up: the command hears the end of its input, and SIGTERM.
  }
  stdin.end()
}
