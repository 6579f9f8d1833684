import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { sameBytes } from "../src/bytes.ts"
import { BusError, MessageReader, type Packet, PacketFramer, parsePackets } from "../src/index.ts"
import { connectionsOf, messageOf, readerOptions, readVectors, type Vector, type VectorMessage } from "./vectors.ts"

type Valid = Vector & { readonly messages: readonly VectorMessage[] }

const VALID = [...readVectors<Valid>("frames.json"), ...readVectors<Valid>("exchanges.json")] as readonly Valid[]
const INVALID = readVectors<VectorMessage>("invalid-frames.json").filter(({ filling }) => filling === undefined)
const MARGIN = 64

/** Every message once: those of exchanges repeat each other. */
const MESSAGES = [
  ...new Set([...VALID.flatMap(({ messages }) => messages), ...INVALID].map((message) => message.hex)),
].map((hex) => messageOf({ hex }))

/** The same bytes amid others, so that reading beyond them shows. */
function amid(message: Uint8Array, margin: number): Uint8Array {
  const room = new Uint8Array(message.length + 2 * MARGIN).fill(margin)
  room.set(message, MARGIN)
  return room.subarray(MARGIN, MARGIN + message.length)
}

/** All that a reader says of a message: its frames, or how they end. Whatever is no BusError gets through. */
function read(message: Uint8Array): readonly unknown[] {
  const seen: unknown[] = []
  const reader = new MessageReader()
  try {
    reader.load(message)
    while (reader.next()) {
      const { type, lane, flags, hop, alias, number, frameStart, frameEnd } = reader
      seen.push([type, lane, flags, hop, alias, number, frameStart, frameEnd, reader.fields(), reader.data()])
      if (!reader.compact) seen.push(reader.full())
    }
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    seen.push([error.code, error.message])
  }
  return seen
}

/** @throws Error where what a reader says depends on what lies around the message */
function readAlone(message: Uint8Array): void {
  const [among0, among255] = [read(amid(message, 0)), read(amid(message, 255))]
  if (JSON.stringify(among0) !== JSON.stringify(among255)) expect(among0).toEqual(among255)
}

/** One bit changed. */
function flipped(message: Uint8Array, bit: number): Uint8Array {
  const copy = message.slice()
  copy[bit >>> 3]! ^= 0x80 >>> (bit & 7)
  return copy
}

describe("a frame that is harmed ends in a BusError or in other frames, and nothing beyond it is read", () => {
  test("every truncation of every vector", () => {
    for (const message of MESSAGES) {
      for (let length = 0; length < message.length; length++) readAlone(message.subarray(0, length))
    }
  })

  test("every flip of a bit of every vector", () => {
    for (const message of MESSAGES) {
      for (let bit = 0; bit < 8 * message.length; bit++) readAlone(flipped(message, bit))
    }
  })

  test("any bytes, and any bytes within a vector", () => {
    const spliced = fc
      .tuple(fc.constantFrom(...MESSAGES), fc.nat(), fc.uint8Array({ maxLength: 24 }))
      .map(([message, at, bytes]) => {
        const copy = message.slice()
        const from = at % (copy.length + 1)
        copy.set(bytes.subarray(0, copy.length - from), from)
        return copy
      })
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), spliced), readAlone), { numRuns: 5_000 })
  })
})

/** A framer that has read all of a connection's messages up to one, and one that has written them. */
function connected(
  vector: Valid,
  before: readonly VectorMessage[],
): readonly [reader: PacketFramer, writer: PacketFramer] {
  const [client, broker] = [new PacketFramer(readerOptions(vector)), new PacketFramer(readerOptions(vector))]
  for (const { by, packets } of before) {
    const [writer, reader] = by === "client" ? [client, broker] : [broker, client]
    reader.toPackets(writer.toFrames(packets))
  }
  return [client, broker]
}

/** The packets of a message that may be harmed, and what became of them on their way to bytes and back. */
function through(vector: Valid, before: readonly VectorMessage[], by: VectorMessage["by"], bytes: Uint8Array) {
  const [client, broker] = connected(vector, before)
  const [writer, reader] = by === "client" ? [client, broker] : [broker, client]
  let packets: readonly Packet[]
  try {
    packets = reader.toPackets(bytes)
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    return undefined
  }
  return { packets, bytes: writer.toFrames(parsePackets(JSON.stringify(packets))) }
}

test("JSON that is harmed ends in a BusError or in other packets", () => {
  const texts = [
    ...readVectors<{ text: string }>("packets.json"),
    ...readVectors<{ text: string }>("invalid-packets.json"),
  ]
  const take = (text: string) => {
    try {
      new PacketFramer().toFrames(parsePackets(text))
    } catch (error) {
      if (!(error instanceof BusError)) throw error
    }
  }
  for (const { text } of texts) {
    const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
    for (let at = 0; at < units.length; at++) {
      take(text.slice(0, at))
      for (let bit = 1; bit < 0x1_0000; bit <<= 1) {
        take(String.fromCharCode(...units.with(at, units[at]! ^ bit)))
      }
    }
  }
})

describe("what a frame that is harmed still says, it says in JSON too", () => {
  test.each(readVectors<Valid>("frames.json"))("$name", (vector) => {
    for (const messages of connectionsOf(vector.messages)) {
      const last = messages.at(-1)!
      const [before, message] = [messages.slice(0, -1), messageOf(last)]
      // Deep nesting and long lists: their bits are much the same.
      if (message.length > 600) continue
      for (let bit = 0; bit < 8 * message.length; bit++) {
        const once = through(vector, before, last.by, flipped(message, bit))
        if (once === undefined) continue
        // Once in the writer's form, it stays as it is.
        const twice = through(vector, before, last.by, once.bytes)!
        if (!sameBytes(twice.bytes, once.bytes)) expect(twice.bytes).toEqual(once.bytes)
      }
    }
  })
})
