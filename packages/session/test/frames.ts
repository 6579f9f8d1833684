import {
  BusError,
  chunkCost,
  type DataLane,
  type Fields,
  FrameType,
  Lane,
  MessageReader,
  MessageWriter,
} from "@luxbus/packet"
import type { Message } from "@luxbus/transport"

/** One frame of a message, in a form that a test can compare. */
export interface SeenFrame {
  readonly type: "chunk" | "end" | "control" | "start" | "error"
  readonly lane: Lane
  readonly alias: number
  readonly number: number
  readonly bytes: number
  readonly fields: Fields
}

/** The frames of one message. */
export function framesOf(message: Message): SeenFrame[] {
  if (typeof message === "string") throw new BusError("protocol", "a text message")
  const reader = new MessageReader()
  reader.load(message)
  const frames: SeenFrame[] = []
  while (reader.next()) {
    const { lane, alias, number } = reader
    frames.push({ type: typeOf(reader), lane, alias, number, bytes: reader.dataBytes, fields: reader.fields() })
  }
  return frames
}

function typeOf(reader: MessageReader): SeenFrame["type"] {
  if (reader.type === FrameType.start) return "start"
  if (reader.type === FrameType.error) return "error"
  if (reader.lane === Lane.control) return "control"
  return reader.type === FrameType.end ? "end" : "chunk"
}

/** Builds a message. */
export function message(build: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter()
  build(writer)
  return writer.take()
}

/** Compact frames, ready-made, and what they cost. */
export function readyFrames(
  alias: number,
  lane: DataLane,
  count: number,
  dataBytes: number,
  first = 0,
): { readonly frames: Uint8Array; readonly cost: number } {
  const frames = message((writer) => {
    for (let i = 0; i < count; i++) writer.chunk(alias, lane, 0, 0, first + i, new Uint8Array(dataBytes))
  })
  return { frames, cost: count * chunkCost(dataBytes) }
}

/** `length` bytes that differ from place to place and from one `seed` to the next. */
export function bytesOf(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31 + seed * 17)
}
