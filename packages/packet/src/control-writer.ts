import { ByteBuffer } from "./byte-buffer.ts"
import { writeU16, writeU32, writeU64 } from "./bytes.ts"
import { BusError } from "./errors.ts"
import { encodeFields } from "./field-encoder.ts"
import type { Fields } from "./field-table.ts"
import { FrameType } from "./flags.ts"
import {
  COMPACT_ALIAS_AT,
  COMPACT_BITS_AT,
  COMPACT_HEADER_BYTES,
  COMPACT_HOP_AT,
  COMPACT_MARK,
  COMPACT_NUMBER_AT,
  COMPACT_PAYLOAD_BYTES_AT,
  isHop,
} from "./frame-layout.ts"
import { Lane } from "./lanes.ts"
import { LIMITS, MAX_NUMBER } from "./limits.ts"

const INITIAL_BYTES = 1_024

/**
 * Builds one message out of control alone: all that who only reads has to say. See {@link MessageWriter}, which writes
 * everything else too.
 */
export class ControlWriter {
  protected readonly out: ByteBuffer

  /** @param initialBytes what the first frame allocates; default 1 KiB */
  constructor(initialBytes: number = INITIAL_BYTES) {
    this.out = new ByteBuffer(initialBytes)
  }

  /** Bytes written since the last {@link ControlWriter.take}. */
  get length(): number {
    return this.out.length
  }

  /** Appends control of a stream, or with alias 0 of the connection. */
  control(alias: number, hop: number, fields: Fields): void {
    const start = this.out.length
    try {
      this.compactHeader(FrameType.chunk, alias, Lane.control, hop, 0, 0)
      encodeFields(this.out, fields, alias === 0 ? "connection" : "control")
      this.setPayloadBytes(start + COMPACT_PAYLOAD_BYTES_AT, this.out.length - start - COMPACT_HEADER_BYTES)
    } catch (error) {
      this.out.length = start
      throw error
    }
  }

  /** Hands the message over and starts anew. What was handed out is never written again. */
  take(): Uint8Array {
    return this.out.take()
  }

  /**
   * Writes a compact header.
   * @param bits the lane and its flags
   * @param payload bytes of the payload, or 0 where `setPayloadBytes` tells later
   * @throws BusError `invalid_argument` for reserved hop flags or a number beyond 2^53-1
   */
  protected compactHeader(
    type: FrameType,
    alias: number,
    bits: number,
    hop: number,
    number: number,
    payload: number,
  ): void {
    assertHop(hop)
    assertNumber(number)
    const at = this.out.length
    const bytes = this.out.reserve(COMPACT_HEADER_BYTES)
    bytes[at] = COMPACT_MARK + type
    bytes[at + COMPACT_BITS_AT] = bits
    writeU16(bytes, at + COMPACT_HOP_AT, hop)
    writeU32(bytes, at + COMPACT_ALIAS_AT, alias)
    writeU64(bytes, at + COMPACT_NUMBER_AT, number)
    writeU32(bytes, at + COMPACT_PAYLOAD_BYTES_AT, payload)
    this.out.length = at + COMPACT_HEADER_BYTES
  }

  /**
   * Completes a header with what its payload has come to.
   * @param at where in the message the header has its u32 for it
   * @throws BusError `too_large` for a payload or a message beyond what one may hold
   */
  protected setPayloadBytes(at: number, payloadBytes: number): void {
    assertPayloadBytes(payloadBytes)
    assertMessageBytes(this.out.length)
    writeU32(this.out.reserve(0), at, payloadBytes)
  }
}

export function assertHop(hop: number): void {
  if (!isHop(hop)) throw new BusError("invalid_argument", "the hop flags have reserved bits")
}

export function assertNumber(number: number): void {
  if (!(number >= 0 && number <= MAX_NUMBER)) throw new BusError("invalid_argument", "a number is from 0 to 2^53-1")
}

export function assertPayloadBytes(payloadBytes: number): void {
  if (payloadBytes <= LIMITS.framePayloadBytes) return
  throw new BusError("too_large", "a frame's payload is over 256 KiB", { details: { limit: LIMITS.framePayloadBytes } })
}

export function assertMessageBytes(messageBytes: number): void {
  if (messageBytes <= LIMITS.messageBytes) return
  throw new BusError("too_large", "a message is over 1 MiB", { details: { limit: LIMITS.messageBytes } })
}
