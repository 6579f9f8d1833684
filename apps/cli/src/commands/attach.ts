import type { AttachedStream } from "@luxbus/client"
import { BusError, type Outcome } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { INTERRUPTED, outcomeExitCode } from "../exit-code.ts"
import { untilInterrupt } from "../interrupt.ts"
import { jsonChunk } from "../json-chunk.ts"
import { type Notice, noticeText } from "../notice-text.ts"
import { openBus } from "../open-bus.ts"
import { payloadBytes } from "../payload-bytes.ts"
import type { Terminal } from "../terminal.ts"

/** How long nothing is said of waiting for a job: longer than a broker takes to answer. */
const SILENCE_MS = 500

/** `luxbus attach`: watches a job, from the start or from now. */
export const attachCommand = defineCommand({
  name: "attach",
  usage: "attach [options] <id>",
  summary: "watch a job: its stdout and stderr, and end as it ends",
  positionals: [1, 1],
  options: {
    from: { type: "string", value: "<place>", description: "start, now, or a cursor (default: start)" },
    wait: { type: "boolean", description: "wait for a job that is not there yet" },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: ["Ctrl-C stops watching; the job goes on. The exit code is the job's."],
  examples: [
    "luxbus attach calm-otter-4821",
    "luxbus attach build --from now",
    "luxbus attach build --wait > build.log 2> build.err",
    "luxbus attach build --json",
  ],
  async run({ options, positionals: [id = ""], terminal }) {
    const json = options.json === true
    await using bus = await openBus(
      json
        ? { ...options, onConnection: (connected) => void event({ type: "connection", connected }, terminal) }
        : options,
      terminal,
    )
    await using attachment = bus.attach(id, {
      from: options.from ?? "start",
      wait: options.wait === true,
      onNotice: (notice) => void report(notice, id, json, terminal),
    })
    let opened = false
    void attachment.opened.then(
      () => {
        opened = true
      },
      () => {},
    )
    const waiting = setTimeout(() => {
      if (!opened) void report({ type: "waiting" }, id, json, terminal)
    }, SILENCE_MS)
    const outcome = await untilInterrupt(watch(attachment, json, terminal)).finally(() => clearTimeout(waiting))
    if (outcome !== undefined) return outcomeExitCode(outcome)
    if (opened)
      await terminal.err(`\nluxbus: ${id} goes on. Take up here: luxbus attach ${id} --from ${attachment.cursor}\n`)
    return INTERRUPTED
  },
})

async function watch(attachment: AttachedStream, json: boolean, terminal: Terminal): Promise<Outcome> {
  await attachment.opened
  await Promise.all([show(attachment, "main", json, terminal), show(attachment, "error", json, terminal)])
  const outcome = await attachment.outcome
  if (json) await event({ type: "outcome", outcome }, terminal)
  else await terminal.err(ending(attachment.name, outcome))
  return outcome
}

async function show(
  attachment: AttachedStream,
  lane: "main" | "error",
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const write = lane === "main" || json ? terminal.out : terminal.err
  try {
    for await (const payload of attachment[lane]) {
      const bytes = payloadBytes(payload)
      await write(json ? `${jsonChunk(lane, bytes, attachment.cursor)}\n` : bytes)
    }
  } catch (error) {
    // The lane stops where its writer was lost; the outcome tells so.
    if (!(error instanceof BusError && error.code === "expired")) throw error
  }
}

async function report(notice: Notice, id: string, json: boolean, terminal: Terminal): Promise<void> {
  if (json) await event({ ...notice }, terminal)
  else await terminal.err(noticeText(notice, id))
}

function event(facts: object, terminal: Terminal): Promise<void> {
  return terminal.out(`${JSON.stringify(facts)}\n`)
}

function ending(id: string, { status, reason, message, exitCode }: Outcome): string {
  if (status === "done" || exitCode !== undefined) return ""
  const detail = message ?? reason
  return `luxbus: ${id} ${status === "error" ? "failed" : status}${detail === undefined ? "" : `: ${detail}`}\n`
}
