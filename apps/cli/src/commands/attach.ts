import { defineCommand } from "../command.ts"
import { ATTACH_OPTIONS, CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { endingText } from "../ending-text.ts"
import { jsonChunk } from "../json-chunk.ts"
import { type Notice, noticeText } from "../notice-text.ts"
import { openBus } from "../open-bus.ts"
import { payloadBytes } from "../payload-bytes.ts"
import type { Terminal } from "../terminal.ts"
import { watchToEnd } from "../watch-to-end.ts"

/** `luxbus attach`: watches a job, from the start or from now. */
export const attachCommand = defineCommand({
  name: "attach",
  usage: "attach [options] <id>",
  summary: "watch a job: its stdout and stderr, and end as it ends",
  positionals: [1, 1],
  options: { ...ATTACH_OPTIONS, ...CONNECTION_OPTIONS, ...JSON_OPTION },
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
    const report = (notice: Notice) =>
      void (json ? event({ ...notice }, terminal) : terminal.err(noticeText(notice, id)))
    await using attachment = bus.attach(id, {
      from: options.from ?? "start",
      wait: options.wait === true,
      onNotice: report,
    })
    return await watchToEnd(
      attachment,
      {
        command: "attach",
        waiting: () => report({ type: "waiting" }),
        take(lane, payload) {
          const bytes = payloadBytes(payload)
          if (json) return terminal.out(`${jsonChunk(lane, bytes, attachment.cursor)}\n`)
          return lane === "main" ? terminal.out(bytes) : terminal.err(bytes)
        },
        ended: (outcome) =>
          json ? event({ type: "outcome", outcome }, terminal) : terminal.err(endingText(id, outcome)),
      },
      terminal,
    )
  },
})

function event(facts: object, terminal: Terminal): Promise<void> {
  return terminal.out(`${JSON.stringify(facts)}\n`)
}
