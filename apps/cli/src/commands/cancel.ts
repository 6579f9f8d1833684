import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"

/** `luxbus cancel`: stops a stream's writer. */
export const cancelCommand = defineCommand({
  name: "cancel",
  usage: "cancel [options] <id>",
  summary: "stop a job, wherever it runs",
  positionals: [1, 1],
  options: {
    reason: { type: "string", value: "<text>", description: "is told to the job's watchers" },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: ["The job gets SIGTERM, then SIGKILL if it does not end in time. A finished job stays as it is."],
  examples: ["luxbus cancel calm-otter-4821", 'luxbus cancel build --reason "superseded"'],
  async run({ options, positionals: [id = ""], terminal }) {
    await using bus = await openBus(options, terminal)
    const { status } = await bus.cancel(id, options.reason)
    await terminal.out(options.json === true ? `${JSON.stringify({ id, status })}\n` : `${id}: ${status}\n`)
    return 0
  },
})
