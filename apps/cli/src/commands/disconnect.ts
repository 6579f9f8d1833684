import { disconnectClient } from "@luxbus/client/operator"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION, OPERATORS_ONLY } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"

/** `luxbus disconnect`: sends a client away. */
export const disconnectCommand = defineCommand({
  name: "disconnect",
  usage: "disconnect [options] <id>",
  summary: "send a client away, which does not come back by itself",
  positionals: [1, 1],
  options: {
    reason: { type: "string", value: "<text>", description: "is told to the client" },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    "Its streams stay for the window, as those of any client that is away. It may be started again: a token that is to\nbe let in no longer has to leave the broker's configuration.",
    OPERATORS_ONLY,
  ],
  examples: ["luxbus disconnect worker/7", 'luxbus disconnect laptop --reason "moved to the other broker"'],
  async run({ options, positionals: [id = ""], terminal }) {
    await using bus = await openBus(options, terminal)
    const disconnected = await disconnectClient(bus, id, options.reason)
    const text = `${id}: ${disconnected ? "disconnected" : "not connected"}`
    await terminal.out(options.json === true ? `${JSON.stringify({ id, disconnected })}\n` : `${text}\n`)
    return disconnected ? 0 : 1
  },
})
