import type { Packet } from "@luxbus/packet"
import type { Exchange, ExchangeMessage } from "./vector.ts"

/** Where HELLO and WELCOME are what is to be seen. All others begin behind them. */
const SHOWS_HANDSHAKE: ReadonlySet<string> = new Set(["handshake", "refused client", "replaced client"])

const DIGITS_PER_LINE = 72

const HEAD = `# Exchanges

Worked examples of every exchange of the [protocol](protocol.md), in both forms: what real clients and a real broker say to each other, on a clock that stands still. \`pnpm vectors\` writes this page out of the [vectors](../tooling/vectors), which have every message; here a connection begins behind its HELLO and WELCOME, unless they are what the example is about, and of many chunks in a row two are shown. \`pnpm check:docs\` decodes all of it.

\`hex client clientA\` is what the client says on the connection of that name, \`hex broker clientA\` what it hears there; \`clientA/2\` is the same client's next connection. Messages stand in the order in which clients send or receive them. Secrets are no secrets.
`

/** All exchanges as a page for people. */
export function exchangesPage(exchanges: readonly Exchange[]): string {
  return [HEAD, ...exchanges.map(section)].join("\n")
}

function section(exchange: Exchange): string {
  const shown = exchange.messages.filter((message, i, all) => isShown(exchange.name, message, i, all))
  return [`## ${capital(exchange.name)}\n`, `${exchange.about}\n`, ...shown.map(example)].join("\n")
}

function isShown(name: string, message: ExchangeMessage, i: number, all: readonly ExchangeMessage[]): boolean {
  if (message.packets.some(isHandshake)) return SHOWS_HANDSHAKE.has(name)
  const run = [all[i - 2], all[i - 1], message]
  return !run.every((one) => one?.on === message.on && one.by === message.by && one.packets.every(isChunk))
}

const isHandshake = ({ hello, welcome }: Packet) => hello !== undefined || welcome !== undefined
const isChunk = ({ chunk, is_final }: Packet) => chunk !== undefined && is_final !== true

function example({ by, on, hex, packets }: ExchangeMessage): string {
  const lines = packets.map((packet) => JSON.stringify(packet))
  const json = lines.length === 1 ? lines[0] : `[\n${lines.map((line) => `  ${line}`).join(",\n")}\n]`
  return `\`\`\`hex ${by} ${on}\n${digits(hex)}\n\`\`\`\n\n\`\`\`json\n${json}\n\`\`\`\n`
}

/** Lines of nine words of four bytes. */
function digits(hex: string): string {
  const lines = Array.from({ length: Math.ceil(hex.length / DIGITS_PER_LINE) }, (_, i) =>
    hex.slice(i * DIGITS_PER_LINE, (i + 1) * DIGITS_PER_LINE),
  )
  return lines.map((line) => line.replace(/.{8}(?=.)/g, "$& ")).join("\n")
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
