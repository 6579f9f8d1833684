import type { Bus, BusEvent, NoticeListener, Payload, Subscription } from "@luxbus/client"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { untilInterrupt } from "../interrupt.ts"
import { noticeText } from "../notice-text.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import { payloadBytes } from "../payload-bytes.ts"

const NAME = { name: "sub" }

/** `luxbus sub`: shows what is published. */
export const subCommand = defineCommand({
  name: "sub",
  usage: "sub [options] <subject>",
  summary: "show what is published on a subject, or sent to this client",
  positionals: [0, 1],
  options: {
    from: {
      type: "string",
      value: "<place>",
      description: "start, now, or a cursor that --json printed (default: now)",
    },
    group: {
      type: "string",
      value: "<name>",
      description: "share the messages with all others that subscribe in this group",
    },
    mailbox: { type: "boolean", description: "read what was sent to this client, in place of a subject (needs --id)" },
    id: { type: "string", value: "<client>", description: "the id of this client (default: the broker gives one)" },
    count: { type: "string", value: "<n>", description: "end after so many messages (default: for ever)" },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    "Each message is a line; with --json a line of JSON that says its subject, its publisher and its cursor, too.",
  ],
  examples: [
    "luxbus sub news.sports",
    "luxbus sub logs.app --from start --json | jq .data",
    "luxbus sub --mailbox --id laptop",
  ],
  async run({ options, positionals: [subject], terminal }) {
    const { url, token, id, json = false, mailbox = false } = options
    const count = countOf(options.count)
    if (mailbox === (subject !== undefined)) throw usageError(NAME, "it is either a subject or --mailbox")
    if (mailbox && (options.from ?? options.group) !== undefined) {
      throw usageError(NAME, "a mailbox has neither --from nor --group")
    }
    await using bus = await openBus({ url, token, id }, terminal)
    const onNotice: NoticeListener = (notice) => void terminal.err(noticeText(notice, subject ?? "the mailbox"))
    const subscription = subscribe(bus, subject, { ...options, onNotice })
    const write = (event: BusEvent) => terminal.out(json ? `${eventLine(event)}\n` : lineOf(event.data))
    // Before anybody is told that it listens: an interrupt that comes then closes it, too.
    const showing = untilInterrupt(show(subscription, count, write))
    showing.catch(() => {})
    await subscription.opened
    await terminal.err(`luxbus: listening on ${subject ?? "the mailbox"}\n`)
    await showing
    await subscription.close()
    return 0
  },
})

function subscribe(
  bus: Bus,
  subject: string | undefined,
  { from, group, onNotice }: { readonly from?: string; readonly group?: string; readonly onNotice: NoticeListener },
): Subscription {
  if (subject === undefined) return bus.mailbox({ onNotice })
  return bus.subscribe(subject, {
    onNotice,
    ...(from !== undefined && { from }),
    ...(group !== undefined && { group }),
  })
}

async function show(
  subscription: Subscription,
  count: number,
  write: (event: BusEvent) => Promise<void>,
): Promise<void> {
  let shown = 0
  for await (const event of subscription) {
    await write(event)
    // Of a group or mailbox: what was shown is done with.
    subscription.acknowledge()
    if (++shown >= count) return
  }
}

/** A message, its subject, publisher and cursor as a line of JSON; bytes are base64. */
function eventLine({ subject, from, cursor, attempt, data }: BusEvent): string {
  const value = data instanceof Uint8Array ? Buffer.from(data).toString("base64") : data
  return JSON.stringify({
    subject,
    from,
    cursor,
    ...(attempt > 1 && { attempt }),
    ...(data instanceof Uint8Array && { encoding: "base64" }),
    data: value,
  })
}

/** What a terminal shows of a message: text without its line's end is given one. */
function lineOf(data: Payload): Uint8Array {
  if (typeof data === "string") return payloadBytes(data.endsWith("\n") ? data : `${data}\n`)
  return payloadBytes(data)
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw usageError(NAME, `--count ${text} is no whole number from 1`)
}
