import { listChannels } from "@luxbus/client/operator"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION, OPERATORS_ONLY } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"
import { cellText, printRows } from "../print-rows.ts"

/** `luxbus channels`: what is provided, and asked for. */
export const channelsCommand = defineCommand({
  name: "channels",
  usage: "channels [options]",
  summary: "show the channels, and how many provide, ask and are members",
  positionals: [0, 0],
  options: { ...CONNECTION_OPTIONS, ...JSON_OPTION },
  notes: [OPERATORS_ONLY],
  examples: ["luxbus channels", "luxbus channels --json | jq 'select(.providers == 0)'"],
  async run({ options, terminal }) {
    await using bus = await openBus(options, terminal)
    const rows = {
      json: options.json === true,
      heading: ["CHANNEL", "PROVIDERS", "CONSUMERS", "MEMBERS"],
      row: ({ channel, providers, consumers, members }: Awaited<ReturnType<typeof listChannels>>[number]) => [
        cellText(channel),
        ...[providers, consumers, members].map(String),
      ],
      none: "no channels",
    }
    await printRows(await listChannels(bus), rows, terminal)
    return 0
  },
})
