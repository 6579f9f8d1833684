import { type DeadLetter, listDeadLetters, redriveDeadLetters } from "@luxbus/client/operator"
import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION, OPERATORS_ONLY } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import { cellText, printRows } from "../print-rows.ts"

const NAME = { name: "dlq" }

/** `luxbus dlq`: what was given up of what was for a client. */
export const dlqCommand = defineCommand({
  name: "dlq",
  usage: "dlq [options] ls <client> | redrive <client> [id]",
  summary: "show a client's dead letters, or send them again",
  positionals: [1, 3],
  options: { ...CONNECTION_OPTIONS, ...JSON_OPTION },
  notes: [
    "A dead letter is a message that nobody came for in time, or whose readers were all lost. `redrive` puts one, or all\nthat there is room for, back into the mailbox; it ends with 1 where some are left.",
    OPERATORS_ONLY,
  ],
  examples: ["luxbus dlq ls laptop", "luxbus dlq redrive laptop", "luxbus dlq redrive laptop 17"],
  async run({ options, positionals: [verb, to, idText], terminal }) {
    const json = options.json === true
    if (verb !== "ls" && verb !== "redrive") throw usageError(NAME, `there is no "dlq ${verb}": ls, or redrive`)
    if (to === undefined || (verb === "ls" && idText !== undefined)) {
      throw usageError(NAME, "it is ls <client>, or redrive <client> [id]")
    }
    const id = idText === undefined ? undefined : Number(idText)
    if (id !== undefined && !Number.isSafeInteger(id)) throw usageError(NAME, `"${idText}" is no letter's number`)
    await using bus = await openBus(options, terminal)
    if (verb === "redrive") {
      const { redriven, left } = await redriveDeadLetters(bus, to, id)
      const text = `${to}: ${redriven} sent again${left > 0 ? `, ${left} left` : ""}`
      await terminal.out(json ? `${JSON.stringify({ to, redriven, left })}\n` : `${text}\n`)
      return id === undefined && left > 0 ? 1 : 0
    }
    const nowMs = Date.now()
    const row = ({ id, from, sentAtMs, reason, attempts, bytes }: DeadLetter) => [
      String(id),
      cellText(from),
      `${prettyMs(Math.max(0, nowMs - sentAtMs), { compact: true })} ago`,
      reason,
      String(attempts),
      prettyBytes(bytes),
    ]
    const heading = ["ID", "FROM", "SENT", "REASON", "ATTEMPTS", "SIZE"]
    await printRows(await listDeadLetters(bus, to), { json, heading, row, none: "no dead letters" }, terminal)
    return 0
  },
})
