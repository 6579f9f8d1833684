import { createInterface } from "node:readline"
import type { Bus, JsonValue, Payload } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { defineCommand } from "../command.ts"
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection-options.ts"
import { INTERRUPTED } from "../exit-code.ts"
import { untilInterrupt } from "../interrupt.ts"
import { openBus } from "../open-bus.ts"
import { usageError } from "../parse-command-line.ts"
import type { Terminal } from "../terminal.ts"

const NAME = { name: "pub" }

/** `luxbus pub`: publishes, and waits until the broker has it. */
export const pubCommand = defineCommand({
  name: "pub",
  usage: "pub [options] <subject> [message]",
  summary: "publish messages on a subject, or send them to one client",
  positionals: [0, 2],
  options: {
    to: {
      type: "string",
      value: "<client>",
      description: "send to this client, in place of a subject: it may be away",
    },
    parse: { type: "boolean", description: "each message is JSON, and travels as that value" },
    whole: { type: "boolean", description: "stdin is one message, whatever bytes it has (default: each line is one)" },
    ...CONNECTION_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    "Without a message, each line of this stdin is one. It ends when the broker has taken them all; with --json it prints\nwhat the broker said of each.",
  ],
  examples: [
    "luxbus pub news.sports 'it is over'",
    "tail -f app.log | luxbus pub logs.app",
    "luxbus pub --to laptop 'call me'",
  ],
  async run({ options, positionals, terminal }) {
    const { url, token, to, parse = false, whole = false, json = false } = options
    const [subject = "", message] = to === undefined ? positionals : ["", ...positionals]
    if (to === undefined && positionals.length === 0)
      throw usageError(NAME, "something is missing: luxbus pub <subject>")
    if (to !== undefined && positionals.length > 1) throw usageError(NAME, "--to stands in place of a subject")
    const read = (text: string): Payload => (parse ? parsed(text) : text)
    await using bus = await openBus({ url, token }, terminal)
    const outbox = new Outbox(bus, { subject, to, json }, terminal)
    try {
      const done = await untilInterrupt(outbox.sendAll(messages(message, whole, read)))
      return done === undefined ? INTERRUPTED : 0
    } finally {
      if (message === undefined) process.stdin.destroy()
    }
  },
})

/** Where messages go, and whether receipts are printed. */
interface Target {
  readonly subject: string
  /** In place of the subject. */
  readonly to: string | undefined
  readonly json: boolean
}

/** What goes out, in its order; as many at a time as the broker may answer together. */
class Outbox {
  readonly #bus: Bus
  readonly #target: Target
  readonly #terminal: Terminal
  readonly #pending = new Set<Promise<void>>()
  #failure: unknown

  constructor(bus: Bus, target: Target, terminal: Terminal) {
    this.#bus = bus
    this.#target = target
    this.#terminal = terminal
  }

  /** @throws what the first one was refused with */
  async sendAll(messages: AsyncIterable<Payload>): Promise<true> {
    for await (const message of messages) {
      if (this.#failure !== undefined) break
      const sending = this.#send(message).catch((error) => {
        this.#failure ??= error
      })
      this.#pending.add(sending)
      void sending.then(() => this.#pending.delete(sending))
      // Whoever pipes more than the broker takes waits.
      if (this.#pending.size >= MAX_PENDING) await Promise.race(this.#pending)
    }
    await Promise.all(this.#pending)
    if (this.#failure !== undefined) throw this.#failure
    return true
  }

  async #send(message: Payload): Promise<void> {
    const { subject, to, json } = this.#target
    const receipt =
      to === undefined
        ? await this.#bus.publish(subject, message, { receipt: true })
        : await this.#bus.send(to, message)
    if (json) await this.#terminal.out(`${JSON.stringify(receipt)}\n`)
  }
}

const MAX_PENDING = 256

async function* messages(
  message: string | undefined,
  whole: boolean,
  read: (text: string) => Payload,
): AsyncGenerator<Payload> {
  if (message !== undefined) {
    yield read(message)
  } else if (whole) {
    const parts: Uint8Array[] = []
    for await (const part of process.stdin) parts.push(part as Uint8Array)
    yield new Uint8Array(Buffer.concat(parts))
  } else {
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield read(line)
    }
  }
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    throw new BusError("invalid_payload", `this is no JSON: ${text.slice(0, 60)}`, { cause })
  }
}
