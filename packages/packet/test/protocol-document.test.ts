import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { fromHex } from "../src/bytes.ts"
import {
  BROKER_LIMITS,
  ERROR_TABLE,
  FIELDS,
  type FieldPlace,
  type FieldRow,
  FRAMING_FAULTS,
  LIMITS,
  NAME_NAMESPACE,
  type Packet,
  PacketFramer,
  parsePackets,
  WRITER_LIMITS,
} from "../src/index.ts"

const DOCUMENT = readFileSync(`${import.meta.dirname}/../../../docs/protocol.md`, "utf8")

/** The cells of each row under the table head that begins with these words. */
function table(...head: readonly string[]): readonly (readonly string[])[] {
  const lines = DOCUMENT.split("\n")
  const from = lines.findIndex((line) => line.startsWith(`| ${head.join(" | ")}`))
  expect(from, `a table of ${head.join(", ")}`).toBeGreaterThan(-1)
  const rows = lines.slice(from + 2)
  const end = rows.findIndex((line) => !line.startsWith("|"))
  return rows.slice(0, end).map((row) => row.slice(2, -2).split(" | "))
}

describe("the tables of the protocol's page say what the code says", () => {
  test("fields, in the order in which they are written", () => {
    const ALL: readonly FieldPlace[] = ["start", "control", "connection", "chunk", "end", "error"]
    const expected = (Object.entries(FIELDS) as [string, FieldRow][]).map(([name, row]) => {
      const type = row.length === undefined ? row.type : `${row.type}(${row.length})`
      const values = row.values?.map((value, i) => `${i + 1} ${value}`).join(", ")
      return [
        `0x${row.id.toString(16).padStart(2, "0")}`,
        `\`${name}\``,
        `\`${row.json}\``,
        values === undefined ? type : `${type}: ${values}`,
        row.where.length === ALL.length ? "any" : row.where.join(", "),
      ]
    })
    const written = table("id", "name", "JSON")
    expect(written.map((row) => row.slice(0, 5))).toEqual(expected)
    for (const row of written) expect(row[5]).not.toBe("")
  })

  test("errors", () => {
    const expected = Object.entries(ERROR_TABLE).map(([code, row]) => [
      `\`${code}\``,
      row.retryable ? "yes" : "no",
      row.raisedBy,
      row.meaning,
      row.action,
    ])
    expect(table("code", "retryable")).toEqual(expected)
  })

  test("framing faults", () => {
    const written = table("fault", "meaning")
    expect(written.map(([name]) => name)).toEqual(FRAMING_FAULTS.map((name) => `\`${name}\``))
    for (const [, meaning] of written) expect(meaning).not.toBe("")
  })

  test("limits", () => {
    const expected = Object.entries({ ...LIMITS, ...WRITER_LIMITS, ...BROKER_LIMITS }).flatMap(([name, value]) =>
      typeof value === "number"
        ? [[`\`${name}\``, String(value)]]
        : Object.entries(value).map(([lane, bytes]) => [`\`${name}.${lane}\``, String(bytes)]),
    )
    expect(table("limit", "value")).toEqual(expected)
  })

  test("the namespace of names", () => {
    expect(DOCUMENT).toContain(NAME_NAMESPACE)
  })
})

describe("the examples of the protocol's page", () => {
  const EXAMPLE = /```hex (client|broker)\n(.*?)```\n\n```json\n(.*?)```/gs
  const examples = [...DOCUMENT.matchAll(EXAMPLE)].map(([, side, hex, json]) => {
    const parsed: Packet | Packet[] = JSON.parse(json!)
    return { side, bytes: fromHex(hex!.replace(/#.*$/gm, "").replace(/\s/g, ""))!, packets: [parsed].flat() }
  })
  // One connection runs through them, so each end keeps what it has learnt.
  const client = new PacketFramer()
  const broker = new PacketFramer()

  test("are at least four, and none is left out by its form", () => {
    expect(examples.length).toBeGreaterThanOrEqual(4)
    expect(DOCUMENT.match(/^```hex/gm)).toHaveLength(examples.length)
  })

  test.each(examples)("$packets decodes from its bytes, and encodes to them", ({ side, bytes, packets }) => {
    const [reader, writer] = side === "client" ? [broker, client] : [client, broker]
    expect(reader.toPackets(bytes)).toEqual(packets)
    expect(writer.toFrames(parsePackets(JSON.stringify(packets)))).toEqual(bytes)
  })

  test("the packets of section 2 parse as they stand", () => {
    const packets = [...DOCUMENT.matchAll(/```json example\n(.*?)```/gs)].map(([, json]) => json!)
    expect(packets).toHaveLength(3)
    for (const json of packets) expect(parsePackets(json)).toEqual([JSON.parse(json)])
  })
})

describe("the examples of docs/exchanges.md", () => {
  const PAGE = readFileSync(`${import.meta.dirname}/../../../docs/exchanges.md`, "utf8")
  const [, ...sections] = PAGE.split(/^## /m)
  const exchanges = sections.map((text) => ({
    name: text.slice(0, text.indexOf("\n")),
    messages: [...text.matchAll(/```hex (client|broker) (\S+)\n(.*?)```\n\n```json\n(.*?)```/gs)].map(
      ([, side, on = "", hex = "", json = ""]) => ({ side, on, bytes: fromHex(hex.replace(/\s/g, ""))!, json }),
    ),
  }))

  test("are of every exchange, and none is left out by its form", () => {
    expect(exchanges.length).toBeGreaterThanOrEqual(15)
    expect(PAGE.match(/^```hex/gm)).toHaveLength(exchanges.flatMap(({ messages }) => messages).length)
  })

  test.each(exchanges)("$name decodes from its bytes, and encodes to them", ({ messages }) => {
    const connections = new Map<string, { client: PacketFramer; broker: PacketFramer }>()
    for (const { side, on, bytes, json } of messages) {
      const ends = connections.get(on) ?? { client: new PacketFramer(), broker: new PacketFramer() }
      connections.set(on, ends)
      const [reader, writer] = side === "client" ? [ends.broker, ends.client] : [ends.client, ends.broker]
      expect(reader.toPackets(bytes)).toEqual([JSON.parse(json)].flat())
      expect(writer.toFrames(parsePackets(json))).toEqual(bytes)
    }
  })
})
