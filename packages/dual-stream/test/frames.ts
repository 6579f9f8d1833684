import { type DataLane, type Fields, Lane, MessageReader, MessageWriter } from "@luxbus/packet"
import type { FrameOutput } from "../src/carrier.ts"

/** One encoded and decoded frame, as an end of a stream is handed it. */
export function chunkFrame(number: number, data: Uint8Array, options: FrameOptions = {}): MessageReader {
  const { lane = Lane.main, flags = 0, hop = 0, fields } = options
  return read((writer) => writer.chunk(1, lane, flags, hop, number, data, fields))
}

export function endFrame(number: number, data: Uint8Array, options: FrameOptions = {}): MessageReader {
  const { lane = Lane.main, flags = 0, hop = 0, fields } = options
  return read((writer) => writer.end(1, lane, flags, hop, number, data, fields))
}

export interface FrameOptions {
  readonly lane?: DataLane
  readonly flags?: number
  readonly hop?: number
  readonly fields?: Fields
}

/** `length` bytes that differ from place to place and from one `seed` to the next. */
export function bytesOf(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = i * 31 + seed * 17
  return bytes
}

function read(write: (writer: MessageWriter) => void): MessageReader {
  const writer = new MessageWriter()
  write(writer)
  const reader = new MessageReader()
  reader.load(writer.take())
  reader.next()
  return reader
}

/** A frame that an end has written. */
export type Written =
  | {
      readonly type: "chunk" | "end"
      readonly lane: Lane
      readonly number: number
      readonly bytes: number
      readonly hop: number
      readonly fields: Fields | undefined
    }
  | { readonly type: "control"; readonly hop: number; readonly fields: Fields }

/** Keeps what is written in the form of objects; each frame takes one unit of `room`. */
export class RecordingOutput implements FrameOutput {
  readonly written: Written[] = []
  room: number

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room
  }

  /** Numbers of the chunks and ENDs. */
  get numbers(): number[] {
    return this.written.flatMap((frame) => (frame.type === "control" ? [] : [frame.number]))
  }

  get controls(): Fields[] {
    return this.written.flatMap((frame) => (frame.type === "control" ? [frame.fields] : []))
  }

  chunk(lane: Lane, _flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.#write({ type: "chunk", lane, number, bytes: data.length, hop, fields })
  }

  end(lane: Lane, _flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.#write({ type: "end", lane, number, bytes: data.length, hop, fields })
  }

  control(hop: number, fields: Fields): void {
    this.#write({ type: "control", hop, fields })
  }

  frames(): void {
    throw new Error("no end of this package writes ready-made frames")
  }

  #write(frame: Written): void {
    this.written.push(frame)
    this.room--
  }
}
