import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { toBase64 } from "../src/base64.ts"
import {
  type BusError,
  formatMessages,
  LIMITS,
  MessageReader,
  type Packet,
  PacketFramer,
  packetDataBytes,
  parsePackets,
} from "../src/index.ts"
import { utf8Bytes } from "../src/text.ts"

const start = (uid: string, alias: number): Packet => ({ uid, type: "stream", frame: "start", alias, kind: "hosted" })
const chunk = (uid: string, n: number, more: Partial<Packet> = {}): Packet => ({
  uid,
  type: "stream",
  chunk: n,
  is_final: false,
  ...more,
})
const unexpected = (_packet: Packet, error: BusError) => {
  throw error
}

describe("packets as messages of text", () => {
  test("one is an object, several are an array, none are no message", () => {
    const [one, two] = [chunk("a", 0), chunk("a", 1)]
    expect(formatMessages([])).toEqual([])
    expect(formatMessages([one])).toEqual([JSON.stringify(one)])
    expect(formatMessages([one, two])).toEqual([JSON.stringify([one, two])])
  })

  test("none is above 1 MiB, and nothing is lost or reordered", () => {
    const packets = Array.from({ length: 40 }, (_, n) => chunk("a", n, { data: "ż".repeat(30_000 + n) }))
    const messages = formatMessages(packets)
    expect(messages.length).toBe(3)
    for (const message of messages) expect(utf8Bytes(message)).toBeLessThanOrEqual(LIMITS.messageBytes)
    expect(messages.flatMap(parsePackets)).toEqual(packets)
  })

  test("fill 1 MiB to the last byte", () => {
    const fitting = (bytes: number) =>
      chunk("a", 0, { data: "x".repeat(bytes - JSON.stringify(chunk("a", 0)).length - 10) })
    const half = fitting(LIMITS.messageBytes / 2)
    expect(utf8Bytes(JSON.stringify(half))).toBe(LIMITS.messageBytes / 2)
    const smaller = fitting(LIMITS.messageBytes / 2 - 3)
    expect(formatMessages([half, smaller]).map(utf8Bytes)).toEqual([LIMITS.messageBytes])
    expect(formatMessages([half, half])).toHaveLength(2)
  })

  test("data that escapes make too long is the same bytes in base64", () => {
    const bells = chunk("a", 0, { encoding: "utf8", data: "\u0007".repeat(LIMITS.framePayloadBytes) })
    const [message = ""] = formatMessages([bells])
    expect(utf8Bytes(message)).toBeLessThan(LIMITS.messageBytes)
    const written = parsePackets(message)
    expect(written[0]).toMatchObject({ encoding: "base64", codec: "utf8" })
    const framer = () => {
      const made = new PacketFramer()
      made.toFrames([start("a", 1)])
      return made
    }
    expect(framer().toFrames(written)).toEqual(framer().toFrames([bells]))
  })
})

describe("packets as messages of frames", () => {
  test("are cut at about 64 KiB, and say the same as one", () => {
    const packets = [
      start("a", 1),
      ...Array.from({ length: 100 }, (_, n) => chunk("a", n, { data: "x".repeat(5_000) })),
    ]
    const messages = [...new PacketFramer().toMessages(packets, unexpected)]
    expect(messages.length).toBe(8)
    const reader = new PacketFramer()
    expect(messages.flatMap((message) => reader.toPackets(message))).toEqual(
      new PacketFramer().toPackets(new PacketFramer().toFrames(packets)),
    )
  })

  test("may be more than 1 MiB, where their text was not", () => {
    const packets = Array.from({ length: 20_000 }, (_, n) => start("a", n + 1))
    const bytes = [...new PacketFramer().toMessages(packets, unexpected)].map((message) => message.length)
    expect(bytes.reduce((a, b) => a + b)).toBeGreaterThan(LIMITS.messageBytes)
    expect(Math.max(...bytes)).toBeLessThan(2 * LIMITS.flushBytes)
  })

  test("each name their publishers anew", () => {
    const data = "x".repeat(40_000)
    const packets = [start("a", 1), ...[0, 1, 2, 3].map((n) => chunk("a", n, { from: "bob", data }))]
    const origins: unknown[] = []
    for (const message of new PacketFramer().toMessages(packets, unexpected)) {
      const reader = new MessageReader()
      reader.load(message)
      const said: unknown[] = []
      while (reader.next()) if (reader.compact) said.push(reader.fields().origin)
      origins.push(said)
    }
    expect(origins).toEqual([
      ["bob", undefined],
      ["bob", undefined],
    ])
  })

  test("leave out what one stream alone is at fault for, and say so", () => {
    const refused: string[] = []
    const packets = [start("a", 1), chunk("b", 0), chunk("a", 0, { data: "x".repeat(300_000) }), chunk("a", 1)]
    const messages = [...new PacketFramer().toMessages(packets, ({ uid }, { code }) => refused.push(`${uid}: ${code}`))]
    expect(refused).toEqual(["b: unknown_stream", "a: too_large"])
    expect(messages.flatMap((message) => new PacketFramer().toPackets(message))).toMatchObject([
      { frame: "start" },
      { uid: "a", chunk: 1 },
    ])
  })

  test("end at what no frame can say, with the field; the framer goes on with the next message", () => {
    const framer = new PacketFramer()
    const wrong = chunk("a", 0, { is_final: true, of: 7 })
    expect(() => [...framer.toMessages([start("a", 1), wrong], unexpected)]).toThrow(
      expect.objectContaining({ code: "protocol", details: { field: "of" } }),
    )
    expect([...framer.toMessages([chunk("a", 0)], unexpected)]).toHaveLength(1)
  })
})

describe("aliases", () => {
  const connection = () => {
    const client = new PacketFramer()
    const broker = new PacketFramer()
    broker.toPackets(client.toFrames([start("mine", 1)]))
    client.toPackets(broker.toFrames([start("theirs", 5)]))
    const frames = broker.toFrames([chunk("theirs", 0), { uid: "mine", type: "stream", cum: 3 }])
    return { client, frames }
  }

  test.each([
    ["needed", [undefined, undefined]],
    ["theirs", [undefined, 0x8000_0001]],
    ["all", [5, 0x8000_0001]],
  ] as const)("are borne where they are %s", (use, aliases) => {
    const { client, frames } = connection()
    expect(client.toPackets(frames, use).map(({ alias }) => alias)).toEqual(aliases)
  })

  test("have a name of their own until a newer stream bears it too", () => {
    const { client } = connection()
    expect([client.isNamed(5), client.isNamed(6)]).toEqual([true, false])
    client.toPackets(new PacketFramer().toFrames([start("theirs", 6)]))
    expect([client.isNamed(5), client.isNamed(6)]).toEqual([false, true])
  })
})

test("the bytes of a packet's data are counted as they will be framed", () => {
  const data = fc.oneof(
    fc.record({ data: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))) }),
    fc.record({ encoding: fc.constant("utf8" as const), data: fc.string({ unit: "grapheme" }) }),
    fc.record({
      encoding: fc.constant("base64" as const),
      data: fc.uint8Array().map(toBase64),
    }),
    fc.constant({}),
  )
  fc.assert(
    fc.property(data, (fields) => {
      const framer = new PacketFramer()
      framer.toFrames([start("a", 1)])
      const packet = chunk("a", 0, fields)
      const reader = new MessageReader()
      reader.load(framer.toFrames([packet]))
      reader.next()
      expect(packetDataBytes(packet)).toBe(reader.dataBytes)
    }),
  )
})
