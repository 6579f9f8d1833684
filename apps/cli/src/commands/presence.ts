import { listMembers, type RegisteredMember } from "@luxbus/client/operator"
import prettyMs from "pretty-ms"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION, OPERATORS_ONLY } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"
import { cellText, printRows } from "../print-rows.ts"

/** `luxbus presence`: who is in a channel. */
export const presenceCommand = defineCommand({
  name: "presence",
  usage: "presence [options] <channel>",
  summary: "show who is in a channel, and what each says of itself",
  positionals: [1, 1],
  options: { ...CONNECTION_OPTIONS, ...JSON_OPTION },
  notes: [OPERATORS_ONLY],
  examples: ["luxbus presence translate", "luxbus presence room.1 --json | jq .meta"],
  async run({ options, positionals: [channel = ""], terminal }) {
    await using bus = await openBus(options, terminal)
    const nowMs = Date.now()
    const row = ({ id, role, since, connected, meta }: RegisteredMember) => [
      cellText(id),
      role,
      `${prettyMs(Math.max(0, nowMs - since), { compact: true })} ago`,
      connected ? "connected" : "away",
      meta === undefined ? "" : cellText(JSON.stringify(meta)),
    ]
    const heading = ["ID", "ROLE", "SINCE", "STATE", "META"]
    const json = options.json === true
    await printRows(await listMembers(bus, channel), { json, heading, row, none: "nobody" }, terminal)
    return 0
  },
})
