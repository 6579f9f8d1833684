import { dropMail, listMailboxes, type MailboxSummary } from "@luxbus/client/operator"
import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION, OPERATORS_ONLY } from "../connection-options.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import { cellText, printRows } from "../print-rows.ts"

const NAME = { name: "mailbox" }

/** `luxbus mailbox`: what is kept for clients that are away. */
export const mailboxCommand = defineCommand({
  name: "mailbox",
  usage: "mailbox [options] ls | drop <client>",
  summary: "show what is kept for clients that are away, or drop it",
  positionals: [1, 2],
  options: { ...CONNECTION_OPTIONS, ...JSON_OPTION },
  notes: ["`drop` lets go of what waits, not of what a reader has. `luxbus sub --mailbox` reads one.", OPERATORS_ONLY],
  examples: ["luxbus mailbox ls", "luxbus mailbox drop laptop"],
  async run({ options, positionals: [verb, to], terminal }) {
    const json = options.json === true
    if (verb !== "ls" && verb !== "drop") throw usageError(NAME, `there is no "mailbox ${verb}": ls, or drop <client>`)
    if ((verb === "drop") !== (to !== undefined)) throw usageError(NAME, "drop names a client, and ls none")
    await using bus = await openBus(options, terminal)
    if (to !== undefined) {
      const dropped = await dropMail(bus, to)
      await terminal.out(json ? `${JSON.stringify({ to, dropped })}\n` : `${to}: ${dropped} dropped\n`)
      return 0
    }
    const nowMs = Date.now()
    const row = ({ to, messages, bytes, readers, oldestAtMs, deadLetters }: MailboxSummary) => [
      cellText(to),
      String(messages),
      prettyBytes(bytes),
      oldestAtMs === null ? "" : `${prettyMs(Math.max(0, nowMs - oldestAtMs), { compact: true })} ago`,
      String(readers),
      String(deadLetters),
    ]
    const heading = ["CLIENT", "MESSAGES", "SIZE", "OLDEST", "READERS", "DEAD LETTERS"]
    await printRows(await listMailboxes(bus), { json, heading, row, none: "no mail" }, terminal)
    return 0
  },
})
