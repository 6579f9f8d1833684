import { defineCommand } from "../command.ts"
import { ATTACH_OPTIONS, CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { endingText } from "../ending-text.ts"
import { noticeText } from "../notice-text.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import { WireTap } from "../tap/wire-tap.ts"
import { watchToEnd } from "../watch-to-end.ts"

/** `luxbus tap`: what goes over the wire of a stream, packet by packet. */
export const tapCommand = defineCommand({
  name: "tap",
  usage: "tap [options] <id>",
  summary: "show a stream's packets as they go over the wire, and end as it ends",
  positionals: [1, 1],
  options: {
    lane: { type: "string", value: "<lane>", description: "main or error: leave out what is about the other one" },
    ...ATTACH_OPTIONS,
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    "A tap reads the stream as luxbus attach does, and shows the packets of its own connection: <- from the broker,\n-> to it. It changes nothing for the stream or for who else reads it; what the connection says of itself is left out.",
    "With --json each packet is one line as luxbus decode prints it; its member tap tells when it went which way.",
    "Ctrl-C stops the tap; the stream goes on. The exit code is the stream's, as of luxbus attach.",
  ],
  examples: [
    "luxbus tap calm-otter-4821",
    "luxbus tap build --from now --lane error",
    "luxbus tap build --json | jq 'select(.tap.direction == \"sent\")'",
  ],
  async run({ options, positionals: [id = ""], terminal }) {
    const { lane } = options
    if (lane !== undefined && lane !== "main" && lane !== "error")
      throw usageError({ name: "tap" }, `--lane ${lane} is neither main nor error`)
    let printed = Promise.resolve()
    const print = (line: string) => {
      printed = terminal.out(line)
    }
    const observe = () => new WireTap({ name: id, lane, json: options.json === true, wallNow: Date.now, print })
    await using bus = await openBus({ ...options, observe }, terminal)
    await using attachment = bus.attach(id, { from: options.from ?? "start", wait: options.wait === true })
    return await watchToEnd(
      attachment,
      {
        command: "tap",
        waiting: () => void terminal.err(noticeText({ type: "waiting" }, id)),
        // What nobody has read yet is not granted again, so that lines do not pile up here.
        take: () => printed,
        ended: (outcome) => terminal.err(endingText(id, outcome)),
      },
      terminal,
    )
  },
})
