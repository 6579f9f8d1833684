import { describe, expect, test } from "vitest"
import { fromHex } from "../src/bytes.ts"
import { idToString, MessageReader, PacketFramer, parsePackets, readLegacyHeader } from "../src/index.ts"
import { connectionsOf, messageOf, readerOptions, readVectors, type VectorMessage } from "./vectors.ts"

type Valid = { readonly messages: readonly VectorMessage[] }
type Refusal = { readonly code: string; readonly fault?: string }

/** Walks a message. @returns where the frame begins that could not be read */
function refusalOf(message: Uint8Array): { readonly error: unknown; readonly offset: number } {
  const reader = new MessageReader()
  let offset = 0
  try {
    reader.load(message)
    for (offset = reader.frameEnd; reader.next(); offset = reader.frameEnd) reader.fields()
  } catch (error) {
    return { error, offset }
  }
  return expect.unreachable("it was not refused")
}

describe.each(["frames.json", "exchanges.json"])("%s: both forms of each message become the other", (file) => {
  test.each(readVectors<Valid>(file))("$name", (vector) => {
    for (const messages of connectionsOf(vector.messages)) {
      const [client, broker] = [new PacketFramer(readerOptions(vector)), new PacketFramer(readerOptions(vector))]
      for (const message of messages) {
        const [writer, reader] = message.by === "client" ? [client, broker] : [broker, client]
        expect(writer.toFrames(parsePackets(JSON.stringify(message.packets)))).toEqual(messageOf(message))
        expect(reader.toPackets(messageOf(message))).toEqual(message.packets)
      }
    }
  })
})

test.each(readVectors<Valid>("lenient-frames.json"))("reads $name", ({ messages }) => {
  for (const message of messages) expect(new PacketFramer().toPackets(messageOf(message))).toEqual(message.packets)
})

test.each(readVectors<VectorMessage & Refusal & { readonly offset: number }>("invalid-frames.json"))(
  "refuses $name",
  (vector) => {
    const { error, offset } = refusalOf(messageOf(vector))
    expect(error).toMatchObject({
      code: vector.code,
      details: vector.fault === undefined ? {} : { fault: vector.fault },
    })
    expect(offset).toBe(vector.offset)
  },
)

test.each(
  readVectors<VectorMessage & { readonly before: readonly VectorMessage[]; readonly text: string }>("packets.json"),
)("makes frames of $name", ({ before, hex, text, packets }) => {
  const [writer, reader] = [new PacketFramer(), new PacketFramer()]
  for (const message of before) reader.toPackets(writer.toFrames(message.packets))
  const bytes = writer.toFrames(parsePackets(text))
  expect(bytes).toEqual(fromHex(hex))
  expect(reader.toPackets(bytes)).toEqual(packets)
})

test.each(
  readVectors<{ readonly text: string; readonly code: string; readonly field?: string }>("invalid-packets.json"),
)("refuses JSON: $name", ({ text, code, field }) => {
  const details = field === undefined ? {} : { field }
  const expected = expect.objectContaining({ code, details: expect.objectContaining(details) })
  expect(() => new PacketFramer().toFrames(parsePackets(text))).toThrow(expected)
})

type Legacy = { readonly hex: string; readonly fault?: string; readonly header?: Readonly<Record<string, unknown>> }

test.each(readVectors<Legacy>("version-1.json"))("version 1: $name", ({ hex, fault, header }) => {
  const read = () => readLegacyHeader(fromHex(hex)!)
  if (fault !== undefined) {
    expect(read).toThrow(expect.objectContaining({ code: "protocol", details: { fault } }))
    return
  }
  const { type, requestId, clientId, peerId, timeoutMs, payloadBytes } = read()
  const [request_id, client_id, peer_id] = [requestId, clientId, peerId].map(idToString)
  expect({ type, request_id, client_id, peer_id, timeout_ms: timeoutMs, payload_bytes: payloadBytes }).toEqual(header)
})
