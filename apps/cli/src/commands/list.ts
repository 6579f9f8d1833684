import type { HostedSummary } from "@luxbus/client"
import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"
import { cellText } from "../print-rows.ts"
import { tableLines } from "../table-lines.ts"

/** `luxbus list`: what the broker hosts. */
export const listCommand = defineCommand({
  name: "list",
  usage: "list [options]",
  summary: "show running and finished jobs",
  positionals: [0, 0],
  options: { ...CONNECTION_OPTIONS, ...JSON_OPTION },
  examples: ["luxbus list", "luxbus list --json | jq .name"],
  async run({ options, terminal }) {
    await using bus = await openBus(options, terminal)
    const streams = await bus.list()
    const lines =
      options.json === true ? streams.map((stream) => JSON.stringify(stream)) : listTable(streams, Date.now())
    for (const line of lines) await terminal.out(`${line}\n`)
    if (streams.length === 0 && options.json !== true) await terminal.err("no streams\n")
    return 0
  },
})

/** One row per stream, under a heading; nothing at all when there are none. */
export function listTable(streams: readonly HostedSummary[], nowMs: number): readonly string[] {
  if (streams.length === 0) return []
  const rows = streams.map((stream) => [
    stream.name,
    stateOf(stream),
    `${prettyMs(Math.max(0, nowMs - stream.startedAtMs))} ago`,
    prettyBytes(stream.mainBytes),
    prettyBytes(stream.errorBytes),
    String(stream.readers),
    commandOf(stream.headers),
  ])
  return tableLines([["ID", "STATE", "STARTED", "STDOUT", "STDERR", "WATCHERS", "COMMAND"], ...rows])
}

function stateOf({ state, outcome }: HostedSummary): string {
  if (outcome === null) return state
  if (outcome.status !== "error") return outcome.status
  if (outcome.signal !== undefined) return `error (${outcome.signal})`
  return outcome.exitCode === undefined ? "error" : `error (${outcome.exitCode})`
}

function commandOf(headers: HostedSummary["headers"]): string {
  const command = headers?.["command"]
  const text = Array.isArray(command) ? command.join(" ") : ""
  return cellText(text)
}
