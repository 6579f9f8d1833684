import { type ClientSummary, listClients } from "@luxbus/client/operator"
import prettyMs from "pretty-ms"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION, OPERATORS_ONLY } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"
import { tableLines } from "../table-lines.ts"

/** `luxbus clients`: who is connected. */
export const clientsCommand = defineCommand({
  name: "clients",
  usage: "clients [options]",
  summary: "show who is connected to the broker",
  positionals: [0, 0],
  options: { ...CONNECTION_OPTIONS, ...JSON_OPTION },
  notes: [OPERATORS_ONLY],
  examples: ["luxbus clients", "luxbus clients --json | jq -r .id"],
  async run({ options, terminal }) {
    await using bus = await openBus(options, terminal)
    const clients = await listClients(bus)
    const lines =
      options.json === true ? clients.map((client) => JSON.stringify(client)) : clientsTable(clients, Date.now())
    for (const line of lines) await terminal.out(`${line}\n`)
    return 0
  },
})

/** One row per client, under a heading. */
export function clientsTable(clients: readonly ClientSummary[], nowMs: number): readonly string[] {
  const rows = clients.map(({ id, connectedAtMs, remoteAddress, protocol, streams }) => [
    id,
    `${prettyMs(Math.max(0, nowMs - connectedAtMs), { compact: true })} ago`,
    remoteAddress,
    protocol,
    String(streams),
  ])
  return tableLines([["ID", "CONNECTED", "FROM", "PROTOCOL", "STREAMS"], ...rows])
}
