import { writeU16, writeU32, writeU64 } from "./bytes.ts"
import { assertHop, assertMessageBytes, assertNumber, assertPayloadBytes, ControlWriter } from "./control-writer.ts"
import { BusError } from "./errors.ts"
import { encodeFields } from "./field-encoder.ts"
import type { FieldPlace, Fields } from "./field-table.ts"
import { FrameType, HopFlag } from "./flags.ts"
import {
  BASE_HEADER_BYTES,
  COMPACT_HEADER_BYTES,
  COMPACT_PAYLOAD_BYTES_AT,
  EXT_BIT,
  FLAGS_MASK,
  FULL_CHUNK_INDEX_AT,
  FULL_CLIENT_ID_AT,
  FULL_DEADLINE_MS_AT,
  FULL_EPOCH_AT,
  FULL_FIELDS_BYTES_AT,
  FULL_FLAGS_AT,
  FULL_HEADER_BYTES,
  FULL_HOP_AT,
  FULL_LANE_AT,
  FULL_MESSAGE_ID_AT,
  FULL_PAYLOAD_BYTES_AT,
  FULL_PEER_ID_AT,
  FULL_REQUEST_ID_AT,
  FULL_TOTAL_CHUNKS_AT,
  FULL_TOTAL_SIZE_AT,
  FULL_TYPE_AT,
  FULL_VERSION,
  UNKNOWN_TOTAL,
} from "./frame-layout.ts"
import { type FullHeader, NIL_ID } from "./full-header.ts"
import { type DataLane, Lane } from "./lanes.ts"

const EMPTY = new Uint8Array(0)
const PLACES: Readonly<Record<FrameType, FieldPlace>> = { 3: "error", 4: "start", 5: "chunk", 6: "end" }

/** The header of a full frame; a lane for CHUNK and END alone. Ids default to nil, numbers to 0, the total size to unknown. */
export type FrameHeader = Partial<FullHeader> & {
  readonly flags?: number
  readonly lane?: DataLane
}

/**
 * Builds one message out of frames. It grows by doubling, and begins with the size of the message before, up to
 * 64 KiB. A frame that cannot be written throws and leaves the message as it was: BusError `too_large` over 256 KiB of
 * payload, 4 KiB of fields or 1 MiB of message; `invalid_argument` for values that do not fit their fields.
 */
export class MessageWriter extends ControlWriter {
  /** Appends a compact CHUNK. The data is copied. */
  chunk(
    alias: number,
    lane: Lane,
    flags: number,
    hop: number,
    number: number,
    data: Uint8Array,
    fields?: Fields,
  ): void {
    assertDataLane(lane)
    this.#compact(FrameType.chunk, alias, lane, flags, hop, number, data, fields)
  }

  /** Appends a compact END. The data is copied. */
  end(alias: number, lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    assertDataLane(lane)
    this.#compact(FrameType.end, alias, lane, flags, hop, number, data, fields)
  }

  /** Appends a START. */
  start(header: FrameHeader, fields: Fields): void {
    this.full(FrameType.start, header, fields)
  }

  /**
   * Appends a frame in full form: ERROR, which only brokers send, and START without data; CHUNK and END of `header.lane`,
   * whose number on it is `messageId + chunkIndex`. The data is copied.
   */
  full(type: FrameType, header: FrameHeader, fields?: Fields, data: Uint8Array = EMPTY): void {
    const out = this.out
    const start = out.length
    try {
      writeFullHeader(out.reserve(FULL_HEADER_BYTES), start, type, header.lane ?? Lane.control, header)
      out.length += FULL_HEADER_BYTES
      if (fields !== undefined) encodeFields(out, fields, PLACES[type])
      writeU16(out.reserve(0), start + FULL_FIELDS_BYTES_AT, out.length - start - FULL_HEADER_BYTES)
      this.#data(data)
      this.setPayloadBytes(start + FULL_PAYLOAD_BYTES_AT, out.length - start - BASE_HEADER_BYTES)
    } catch (error) {
      out.length = start
      throw error
    }
  }

  /** Appends whole frames as they are. They are copied. */
  append(frames: Uint8Array): void {
    const out = this.out
    assertMessageBytes(out.length + frames.length)
    out.reserve(frames.length).set(frames, out.length)
    out.length += frames.length
  }

  #compact(
    type: FrameType,
    alias: number,
    lane: Lane,
    flags: number,
    hop: number,
    number: number,
    data: Uint8Array,
    fields: Fields | undefined,
  ): void {
    if (fields !== undefined) {
      this.#compactWithFields(type, alias, lane, flags, hop, number, data, fields)
      return
    }
    const out = this.out
    const start = out.length
    assertPayloadBytes(data.length)
    assertMessageBytes(start + COMPACT_HEADER_BYTES + data.length)
    const bytes = out.reserve(COMPACT_HEADER_BYTES + data.length)
    this.compactHeader(type, alias, lane | (flags & FLAGS_MASK), hop, number, data.length)
    bytes.set(data, out.length)
    out.length += data.length
  }

  #compactWithFields(
    type: FrameType,
    alias: number,
    lane: Lane,
    flags: number,
    hop: number,
    number: number,
    data: Uint8Array,
    fields: Fields,
  ): void {
    const out = this.out
    const start = out.length
    try {
      this.compactHeader(type, alias, lane | (flags & FLAGS_MASK) | EXT_BIT, hop, number, 0)
      out.reserve(2)
      out.length += 2
      encodeFields(out, fields, type === FrameType.end ? "end" : "chunk")
      this.#closeExtension(start)
      this.#data(data)
      this.setPayloadBytes(start + COMPACT_PAYLOAD_BYTES_AT, out.length - start - COMPACT_HEADER_BYTES)
    } catch (error) {
      out.length = start
      throw error
    }
  }

  /** Writes the length of the fields; takes the extension back when it turned out to be empty. */
  #closeExtension(start: number): void {
    const out = this.out
    const bytes = out.reserve(0)
    const fieldsBytes = out.length - start - COMPACT_HEADER_BYTES - 2
    if (fieldsBytes > 0) {
      writeU16(bytes, start + COMPACT_HEADER_BYTES, fieldsBytes)
    } else {
      bytes[start + 1] = bytes[start + 1]! & ~EXT_BIT
      out.length -= 2
    }
  }

  #data(data: Uint8Array): void {
    this.out.reserve(data.length).set(data, this.out.length)
    this.out.length += data.length
  }
}

function writeFullHeader(bytes: Uint8Array, at: number, type: FrameType, lane: Lane, header: FrameHeader): void {
  const { hop = 0, flags = 0, deadlineMs = 0, messageId = 0, chunkIndex = 0, totalChunks = 0, epoch = 0 } = header
  assertHop(hop)
  assertNumber(deadlineMs)
  assertNumber(messageId + chunkIndex)
  bytes[at] = FULL_VERSION
  bytes[at + FULL_TYPE_AT] = type
  writeU16(bytes, at + FULL_HOP_AT, hop | HopFlag.extended)
  bytes.set(id(header.requestId), at + FULL_REQUEST_ID_AT)
  bytes.set(id(header.clientId), at + FULL_CLIENT_ID_AT)
  bytes.set(id(header.peerId), at + FULL_PEER_ID_AT)
  writeU64(bytes, at + FULL_DEADLINE_MS_AT, deadlineMs)
  bytes[at + FULL_LANE_AT] = lane
  writeU64(bytes, at + FULL_MESSAGE_ID_AT, messageId)
  writeU32(bytes, at + FULL_TOTAL_SIZE_AT, header.totalSize ?? UNKNOWN_TOTAL)
  writeU32(bytes, at + FULL_CHUNK_INDEX_AT, chunkIndex)
  writeU32(bytes, at + FULL_TOTAL_CHUNKS_AT, totalChunks)
  bytes[at + FULL_FLAGS_AT] = flags & FLAGS_MASK
  writeU32(bytes, at + FULL_EPOCH_AT, epoch)
}

function id(bytes: Uint8Array = NIL_ID): Uint8Array {
  if (bytes.length !== 16) throw new BusError("invalid_argument", "an id has 16 bytes")
  return bytes
}

function assertDataLane(lane: Lane): void {
  if (lane === Lane.control) throw new BusError("invalid_argument", "control is written by control()")
}
