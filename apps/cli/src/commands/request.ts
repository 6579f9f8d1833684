import type { BusStream, Channel } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS } from "../connection-options.ts"
import { endingText } from "../ending-text.ts"
import { INTERRUPTED, outcomeExitCode } from "../exit-code.ts"
import { untilInterrupt } from "../interrupt.ts"
import { openBus } from "../open-bus.ts"
import { payloadBytes } from "../payload-bytes.ts"
import { secondsOption } from "../seconds-option.ts"
import type { Terminal } from "../terminal.ts"

const NAME = { name: "request" }
const DEFAULT_TIMEOUT_MS = 30_000

/** `luxbus request`: asks a provider of a channel, and shows its answer. */
export const requestCommand = defineCommand({
  name: "request",
  usage: "request [options] <channel> [value]",
  summary: "ask one of a channel's providers, and show its answer",
  positionals: [1, 2],
  options: {
    to: { type: "string", value: "<client>", description: "the provider that is to answer (default: the least busy)" },
    wait: { type: "string", value: "<seconds>", description: "for a provider to come (default: 0)" },
    timeout: {
      type: "string",
      value: "<seconds>",
      description: `for the whole answer; 0: for ever (default: ${DEFAULT_TIMEOUT_MS / 1_000})`,
    },
    ...CONNECTION_OPTIONS,
  },
  notes: [
    "Without a value this stdin is the request. The answer comes on stdout, and what the provider says beside it on\nstderr; the exit code is the provider's. Ctrl-C gives up, and the provider hears so.",
  ],
  examples: ["luxbus request translate 'good morning'", "luxbus request thumbnail --wait 60 < photo.jpg > small.jpg"],
  async run({ options, positionals: [id = "", value], terminal }) {
    const { url, token, to, wait, timeout } = options
    const waitForProviderMs = Math.round(secondsOption(NAME, "wait", wait, 0))
    const timeoutMs = secondsOption(NAME, "timeout", timeout, DEFAULT_TIMEOUT_MS)
    await using bus = await openBus({ url, token }, terminal)
    await using channel = await bus.channel(id)
    const stream = channel.open({ waitForProviderMs, ...(to !== undefined && { to }) })
    const late = new BusError("timeout", `no answer within ${timeoutMs / 1_000} s`)
    const timer = timeoutMs > 0 ? setTimeout(() => stream.abandon(late), timeoutMs) : undefined
    try {
      const done = await untilInterrupt(ask(stream, value, channel, terminal))
      if (done === undefined) stream.abandon(new BusError("cancelled", "The consumer was interrupted."))
      return done ?? INTERRUPTED
    } finally {
      clearTimeout(timer)
      if (value === undefined) process.stdin.destroy()
    }
  },
})

async function ask(stream: BusStream, value: string | undefined, { id }: Channel, terminal: Terminal): Promise<number> {
  // A provider may answer without having read it all: how it ends is the answer's to tell.
  send(stream, value).catch(() => {})
  await Promise.all([show(stream, "main", terminal.out), show(stream, "error", terminal.err)]).catch(() => {})
  const outcome = await stream.outcome
  await terminal.err(endingText(id, outcome))
  if (stream.writer.state !== "complete") await stream.close()
  return outcomeExitCode(outcome)
}

async function send(stream: BusStream, value: string | undefined): Promise<void> {
  if (value !== undefined) await stream.main.write(value)
  else for await (const chunk of process.stdin) await stream.main.write(chunk as Uint8Array)
  await stream.end()
}

async function show(stream: BusStream, lane: "main" | "error", write: Terminal["out"]): Promise<void> {
  for await (const payload of stream[lane]) await write(payloadBytes(payload))
}
