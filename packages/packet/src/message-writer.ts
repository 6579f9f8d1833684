import { ByteBuffer } from "./byte-buffer.ts"
import { writeU16, writeU32, writeU64 } from "./bytes.ts"
import { BusError } from "./errors.ts"
import { encodeFields } from "./field-encoder.ts"
import type { FieldPlace, Fields } from "./field-table.ts"
import { FrameType, HopFlag } from "./flags.ts"
import {
  BASE_HEADER_BYTES,
  COMPACT_HEADER_BYTES,
  COMPACT_MARK,
  CompactOffset,
  EXT_BIT,
  FLAGS_MASK,
  FULL_HEADER_BYTES,
  FULL_VERSION,
  FullOffset,
  isHop,
  UNKNOWN_TOTAL,
} from "./frame-layout.ts"
import type { FullHeader } from "./full-header.ts"
import { NIL_ID } from "./ids.ts"
import { type DataLane, Lane } from "./lanes.ts"
import { LIMITS, MAX_NUMBER } from "./limits.ts"

const EMPTY = new Uint8Array(0)
const INITIAL_BYTES = 1_024

/** The header of a full START or ERROR. Ids default to nil, numbers to 0, the total size to unknown. */
export type FrameHeader = Partial<FullHeader> & { readonly hop?: number; readonly flags?: number }

/** The header of a full CHUNK or END. */
export type DataHeader = FrameHeader & { readonly lane: DataLane }

/**
 * Builds one message out of frames. It grows by doubling, and begins with the size of the message before, up to
 * 64 KiB. A frame that cannot be written throws and leaves the message as it was: BusError `too_large` over 256 KiB of
 * payload, 4 KiB of fields or 1 MiB of message; `invalid_argument` for values that do not fit their fields.
 */
export class MessageWriter {
  readonly #out: ByteBuffer

  /** @param initialBytes what the first frame allocates; default 1 KiB */
  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#out = new ByteBuffer(initialBytes)
  }

  /** Bytes written since the last {@link MessageWriter.take}. */
  get length(): number {
    return this.#out.length
  }

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

  /** Appends control of a stream, or with alias 0 of the connection. */
  control(alias: number, hop: number, fields: Fields): void {
    const start = this.#out.length
    try {
      this.#compactHeader(FrameType.chunk, alias, Lane.control, hop, 0, 0)
      encodeFields(this.#out, fields, alias === 0 ? "connection" : "control")
      this.#setPayloadBytes(start + CompactOffset.payloadBytes, this.#out.length - start - COMPACT_HEADER_BYTES)
    } catch (error) {
      this.#out.length = start
      throw error
    }
  }

  /** Appends a START. */
  start(header: FrameHeader, fields: Fields): void {
    this.#full(FrameType.start, Lane.control, header, EMPTY, fields, "start")
  }

  /** Appends an ERROR. Only brokers send it. */
  error(header: FrameHeader, fields: Fields): void {
    this.#full(FrameType.error, Lane.control, header, EMPTY, fields, "error")
  }

  /** Appends a CHUNK in full form. Its number on the lane is `messageId + chunkIndex`. The data is copied. */
  fullChunk(header: DataHeader, data: Uint8Array, fields?: Fields): void {
    this.#full(FrameType.chunk, header.lane, header, data, fields, "chunk")
  }

  /** Appends an END in full form. Its number on the lane is `messageId + chunkIndex`. The data is copied. */
  fullEnd(header: DataHeader, data: Uint8Array, fields?: Fields): void {
    this.#full(FrameType.end, header.lane, header, data, fields, "end")
  }

  /** Appends whole frames as they are. They are copied. */
  append(frames: Uint8Array): void {
    const out = this.#out
    assertMessageBytes(out.length + frames.length)
    out.reserve(frames.length).set(frames, out.length)
    out.length += frames.length
  }

  /** Hands the message over and starts anew. What was handed out is never written again. */
  take(): Uint8Array {
    return this.#out.take()
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
    const out = this.#out
    const start = out.length
    assertPayloadBytes(data.length)
    assertMessageBytes(start + COMPACT_HEADER_BYTES + data.length)
    const bytes = out.reserve(COMPACT_HEADER_BYTES + data.length)
    this.#compactHeader(type, alias, lane | (flags & FLAGS_MASK), hop, number, data.length)
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
    const out = this.#out
    const start = out.length
    try {
      this.#compactHeader(type, alias, lane | (flags & FLAGS_MASK) | EXT_BIT, hop, number, 0)
      out.reserve(2)
      out.length += 2
      encodeFields(out, fields, type === FrameType.end ? "end" : "chunk")
      this.#closeExtension(start)
      this.#data(data)
      this.#setPayloadBytes(start + CompactOffset.payloadBytes, out.length - start - COMPACT_HEADER_BYTES)
    } catch (error) {
      out.length = start
      throw error
    }
  }

  /** Writes the length of the fields; takes the extension back when it turned out to be empty. */
  #closeExtension(start: number): void {
    const out = this.#out
    const bytes = out.reserve(0)
    const fieldsBytes = out.length - start - COMPACT_HEADER_BYTES - 2
    if (fieldsBytes > 0) {
      writeU16(bytes, start + COMPACT_HEADER_BYTES, fieldsBytes)
    } else {
      bytes[start + 1] = bytes[start + 1]! & ~EXT_BIT
      out.length -= 2
    }
  }

  #compactHeader(type: FrameType, alias: number, bits: number, hop: number, number: number, payload: number): void {
    assertHop(hop)
    assertNumber(number)
    const at = this.#out.length
    const bytes = this.#out.reserve(COMPACT_HEADER_BYTES)
    bytes[at] = COMPACT_MARK + type
    bytes[at + CompactOffset.bits] = bits
    writeU16(bytes, at + CompactOffset.hop, hop)
    writeU32(bytes, at + CompactOffset.alias, alias)
    writeU64(bytes, at + CompactOffset.number, number)
    writeU32(bytes, at + CompactOffset.payloadBytes, payload)
    this.#out.length = at + COMPACT_HEADER_BYTES
  }

  #full(
    type: FrameType,
    lane: Lane,
    header: FrameHeader,
    data: Uint8Array,
    fields: Fields | undefined,
    place: FieldPlace,
  ): void {
    const out = this.#out
    const start = out.length
    try {
      writeFullHeader(out.reserve(FULL_HEADER_BYTES), start, type, lane, header)
      out.length += FULL_HEADER_BYTES
      if (fields !== undefined) encodeFields(out, fields, place)
      writeU16(out.reserve(0), start + FullOffset.fieldsBytes, out.length - start - FULL_HEADER_BYTES)
      this.#data(data)
      this.#setPayloadBytes(start + FullOffset.payloadBytes, out.length - start - BASE_HEADER_BYTES)
    } catch (error) {
      out.length = start
      throw error
    }
  }

  #data(data: Uint8Array): void {
    this.#out.reserve(data.length).set(data, this.#out.length)
    this.#out.length += data.length
  }

  #setPayloadBytes(at: number, payloadBytes: number): void {
    assertPayloadBytes(payloadBytes)
    assertMessageBytes(this.#out.length)
    writeU32(this.#out.reserve(0), at, payloadBytes)
  }
}

function writeFullHeader(bytes: Uint8Array, at: number, type: FrameType, lane: Lane, header: FrameHeader): void {
  const { hop = 0, flags = 0, deadlineMs = 0, messageId = 0, chunkIndex = 0, totalChunks = 0, epoch = 0 } = header
  assertHop(hop)
  assertNumber(deadlineMs)
  assertNumber(messageId + chunkIndex)
  bytes[at] = FULL_VERSION
  bytes[at + FullOffset.type] = type
  writeU16(bytes, at + FullOffset.hop, hop | HopFlag.extended)
  bytes.set(id(header.requestId), at + FullOffset.requestId)
  bytes.set(id(header.clientId), at + FullOffset.clientId)
  bytes.set(id(header.peerId), at + FullOffset.peerId)
  writeU64(bytes, at + FullOffset.deadlineMs, deadlineMs)
  bytes[at + FullOffset.lane] = lane
  writeU64(bytes, at + FullOffset.messageId, messageId)
  writeU32(bytes, at + FullOffset.totalSize, header.totalSize ?? UNKNOWN_TOTAL)
  writeU32(bytes, at + FullOffset.chunkIndex, chunkIndex)
  writeU32(bytes, at + FullOffset.totalChunks, totalChunks)
  bytes[at + FullOffset.flags] = flags & FLAGS_MASK
  writeU32(bytes, at + FullOffset.epoch, epoch)
}

function id(bytes: Uint8Array = NIL_ID): Uint8Array {
  if (bytes.length !== 16) throw new BusError("invalid_argument", "an id has 16 bytes")
  return bytes
}

function assertDataLane(lane: Lane): void {
  if (lane === Lane.control) throw new BusError("invalid_argument", "control is written by control()")
}

function assertHop(hop: number): void {
  if (!isHop(hop)) throw new BusError("invalid_argument", "the hop flags have reserved bits")
}

function assertNumber(number: number): void {
  if (!(number >= 0 && number <= MAX_NUMBER)) throw new BusError("invalid_argument", "a number is from 0 to 2^53-1")
}

function assertPayloadBytes(payloadBytes: number): void {
  if (payloadBytes <= LIMITS.framePayloadBytes) return
  throw new BusError("too_large", "a frame's payload is over 256 KiB", { details: { limit: LIMITS.framePayloadBytes } })
}

function assertMessageBytes(messageBytes: number): void {
  if (messageBytes <= LIMITS.messageBytes) return
  throw new BusError("too_large", "a message is over 1 MiB", { details: { limit: LIMITS.messageBytes } })
}
