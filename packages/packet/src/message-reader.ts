import { readU16, readU32, readU64 } from "./bytes.ts"
import { BusError } from "./errors.ts"
import { decodeFields } from "./field-decoder.ts"
import type { FieldPlace, Fields } from "./field-table.ts"
import { ChunkFlag, FrameType, HopFlag } from "./flags.ts"
import {
  ALIAS_NUMBER_MASK,
  BASE_HEADER_BYTES,
  COMPACT_ALIAS_AT,
  COMPACT_BITS_AT,
  COMPACT_HEADER_BYTES,
  COMPACT_HOP_AT,
  COMPACT_MARK,
  COMPACT_NUMBER_AT,
  COMPACT_PAYLOAD_BYTES_AT,
  EXT_BIT,
  EXTENSION_BYTES,
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
  isHop,
  LANE_MASK,
  UNKNOWN_TOTAL,
} from "./frame-layout.ts"
import { framingError } from "./framing-fault.ts"
import type { FullHeader } from "./full-header.ts"
import { Lane } from "./lanes.ts"
import { LIMITS } from "./limits.ts"

const EMPTY = new Uint8Array(0)
const NO_FIELDS: Fields = Object.freeze({})
const END_TO_END = ChunkFlag.compressed | ChunkFlag.encrypted

/** What a {@link MessageReader} takes. */
export interface MessageReaderOptions {
  /**
   * Which of `ChunkFlag.compressed` and `ChunkFlag.encrypted` this connection has negotiated; others are refused.
   * Default 0: none.
   */
  readonly acceptedFlags?: number
}

/**
 * Walks the frames of one message, reading headers in place. Made to be reused: walking allocates nothing.
 * The properties describe the current frame and hold until {@link MessageReader.next}.
 */
export class MessageReader {
  readonly #refusedFlags: number
  #message: Uint8Array = EMPTY
  #frameStart = 0
  #frameEnd = 0
  #compact = true
  #type: FrameType = FrameType.chunk
  #lane: Lane = Lane.main
  #flags = 0
  #hop = 0
  #alias = 0
  #number = 0
  #fieldsStart = 0
  #dataStart = 0

  constructor(options?: MessageReaderOptions) {
    this.#refusedFlags = END_TO_END & ~(options?.acceptedFlags ?? 0)
  }

  /**
   * Begins a message. An empty one has no frames.
   * @throws BusError `protocol` when it is over 1 MiB
   */
  load(message: Uint8Array): void {
    if (message.length > LIMITS.messageBytes) throw framingError("message_too_large")
    this.#message = message
    this.#frameStart = 0
    this.#frameEnd = 0
  }

  /**
   * Goes on to the next frame.
   * @returns false at the end of the message
   * @throws BusError `protocol` with `details.fault` for a framing fault: the rest of the message is lost.
   * `unsupported` for a compressed or encrypted frame that was not negotiated: its header can be read, and the walk
   * goes on behind it
   */
  next(): boolean {
    const start = this.#frameEnd
    if (start >= this.#message.length) return false
    this.#frameStart = start
    const mark = this.#message[start]!
    if (mark === COMPACT_MARK + FrameType.chunk || mark === COMPACT_MARK + FrameType.end) this.#readCompact(mark)
    else if (mark === FULL_VERSION) this.#readFull()
    else throw framingError((mark & 0xf0) === COMPACT_MARK ? "unknown_type" : "unknown_version")
    if ((this.#flags & this.#refusedFlags) !== 0)
      throw new BusError("unsupported", "a frame is compressed or encrypted, which was not negotiated")
    return true
  }

  get message(): Uint8Array {
    return this.#message
  }

  /** Where the frame begins in the message. */
  get frameStart(): number {
    return this.#frameStart
  }

  /** Where the frame ends in the message. */
  get frameEnd(): number {
    return this.#frameEnd
  }

  get compact(): boolean {
    return this.#compact
  }

  get type(): FrameType {
    return this.#type
  }

  get lane(): Lane {
    return this.#lane
  }

  /** `ChunkFlag` bits and the codec. */
  get flags(): number {
    return this.#flags
  }

  /** `HopFlag` bits and urgency, without EXTENDED. */
  get hop(): number {
    return this.#hop
  }

  /** Of a compact frame, u32 with its `AliasBit`s; 0 for the connection itself, and for full frames. */
  get alias(): number {
    return this.#alias
  }

  /** The chunk's number on its lane; 0 for control. Of a full START or ERROR: its message id. */
  get number(): number {
    return this.#number
  }

  /** Bytes of data, without fields: what costs credit. */
  get dataBytes(): number {
    return this.#frameEnd - this.#dataStart
  }

  /** A view of the data, without fields. Stays valid for as long as it is held. */
  data(): Uint8Array {
    return this.#message.subarray(this.#dataStart, this.#frameEnd)
  }

  /** Whether the frame has fields. */
  get hasFields(): boolean {
    return this.#fieldsStart < this.#dataStart
  }

  /**
   * The frame's fields, decoded anew with each call; none: an empty object.
   * @throws BusError `protocol` with `details.fault`, or `unsupported` for an unknown critical field
   */
  fields(): Fields {
    if (!this.hasFields) return NO_FIELDS
    return decodeFields(this.#message, this.#fieldsStart, this.#dataStart, this.#place())
  }

  /** The rest of a full frame's header; its ids are views. @throws BusError `invalid_state` on a compact frame */
  full(): FullHeader {
    if (this.#compact) throw new BusError("invalid_state", "a compact frame has no full header")
    const message = this.#message
    const at = this.#frameStart
    const totalSize = readU32(message, at + FULL_TOTAL_SIZE_AT)
    return {
      hop: this.#hop,
      requestId: message.subarray(at + FULL_REQUEST_ID_AT, at + FULL_CLIENT_ID_AT),
      clientId: message.subarray(at + FULL_CLIENT_ID_AT, at + FULL_PEER_ID_AT),
      peerId: message.subarray(at + FULL_PEER_ID_AT, at + FULL_DEADLINE_MS_AT),
      deadlineMs: readU64(message, at + FULL_DEADLINE_MS_AT),
      messageId: readU64(message, at + FULL_MESSAGE_ID_AT),
      totalSize: totalSize === UNKNOWN_TOTAL ? undefined : totalSize,
      chunkIndex: readU32(message, at + FULL_CHUNK_INDEX_AT),
      totalChunks: readU32(message, at + FULL_TOTAL_CHUNKS_AT),
      epoch: readU32(message, at + FULL_EPOCH_AT),
    }
  }

  #place(): FieldPlace {
    if (this.#type === FrameType.start) return "start"
    if (this.#type === FrameType.error) return "error"
    if (this.#lane !== Lane.control) return this.#type === FrameType.end ? "end" : "chunk"
    return this.#alias === 0 ? "connection" : "control"
  }

  #readCompact(mark: number): void {
    const message = this.#message
    const at = this.#frameStart
    const payloadStart = at + COMPACT_HEADER_BYTES
    if (payloadStart > message.length) throw framingError("truncated_header")
    const bits = message[at + COMPACT_BITS_AT]!
    const hop = readU16(message, at + COMPACT_HOP_AT)
    const alias = readU32(message, at + COMPACT_ALIAS_AT)
    const number = readU64(message, at + COMPACT_NUMBER_AT)
    const lane = bits & LANE_MASK
    this.#setPayload(payloadStart, readU32(message, at + COMPACT_PAYLOAD_BYTES_AT))
    if (lane === 0) throw framingError("bad_lane")
    if (!isHop(hop)) throw framingError("reserved_bits")
    if (number < 0) throw framingError("number_too_large")
    if ((alias & ALIAS_NUMBER_MASK) === 0 && (alias !== 0 || lane !== Lane.control)) throw framingError("bad_alias")
    this.#compact = true
    this.#type = (mark - COMPACT_MARK) as FrameType
    this.#lane = lane as Lane
    this.#flags = bits & FLAGS_MASK
    this.#hop = hop
    this.#alias = alias
    this.#number = number
    this.#fieldsStart = payloadStart
    if (lane === Lane.control) this.#readControl(bits)
    else if ((bits & EXT_BIT) === 0) this.#dataStart = payloadStart
    else this.#readExtension(payloadStart)
  }

  #readControl(bits: number): void {
    if (this.#type !== FrameType.chunk) throw framingError("bad_lane")
    if (bits !== Lane.control || this.#number !== 0) throw framingError("reserved_bits")
    this.#setFields(this.#fieldsStart, this.#frameEnd - this.#fieldsStart)
  }

  #readExtension(payloadStart: number): void {
    if (payloadStart + 2 > this.#frameEnd) throw framingError("fields_outside_payload")
    this.#setFields(payloadStart + 2, readU16(this.#message, payloadStart))
  }

  #readFull(): void {
    const message = this.#message
    const at = this.#frameStart
    if (at + FULL_HEADER_BYTES > message.length) throw framingError("truncated_header")
    const type = message[at + FULL_TYPE_AT]!
    const lane = message[at + FULL_LANE_AT]!
    const hop = readU16(message, at + FULL_HOP_AT)
    const flags = message[at + FULL_FLAGS_AT]!
    const payloadBytes = readU32(message, at + FULL_PAYLOAD_BYTES_AT)
    if (payloadBytes < EXTENSION_BYTES) throw framingError("truncated_header")
    this.#setPayload(at + BASE_HEADER_BYTES, payloadBytes)
    if (type < FrameType.error || type > FrameType.end) throw framingError("unknown_type")
    const carriesData = type === FrameType.chunk || type === FrameType.end
    if (carriesData ? lane !== Lane.main && lane !== Lane.error : lane !== Lane.control) throw framingError("bad_lane")
    if ((hop & HopFlag.extended) === 0 || !isHop(hop & ~HopFlag.extended)) throw framingError("reserved_bits")
    if ((flags & ~FLAGS_MASK) !== 0) throw framingError("reserved_bits")
    this.#compact = false
    this.#type = type as FrameType
    this.#lane = lane as Lane
    this.#flags = flags
    this.#hop = hop & ~HopFlag.extended
    this.#alias = 0
    this.#number = this.#fullNumber(carriesData)
    this.#setFields(at + FULL_HEADER_BYTES, readU16(message, at + FULL_FIELDS_BYTES_AT))
    if (!carriesData && this.#dataStart !== this.#frameEnd) throw framingError("unexpected_data")
  }

  #fullNumber(carriesData: boolean): number {
    const at = this.#frameStart
    const messageId = readU64(this.#message, at + FULL_MESSAGE_ID_AT)
    const index = readU32(this.#message, at + FULL_CHUNK_INDEX_AT)
    const total = readU32(this.#message, at + FULL_TOTAL_CHUNKS_AT)
    const number = carriesData ? messageId + index : messageId
    if (messageId < 0 || number > Number.MAX_SAFE_INTEGER) throw framingError("number_too_large")
    if (readU64(this.#message, at + FULL_DEADLINE_MS_AT) < 0) throw framingError("number_too_large")
    if (total !== 0 && index >= total) throw framingError("index_beyond_total")
    return number
  }

  #setPayload(start: number, bytes: number): void {
    if (bytes > LIMITS.framePayloadBytes) throw framingError("payload_too_large")
    if (start + bytes > this.#message.length) throw framingError("truncated_payload")
    this.#frameEnd = start + bytes
  }

  #setFields(start: number, bytes: number): void {
    if (bytes > LIMITS.fieldsBytes) throw framingError("fields_too_large")
    if (start + bytes > this.#frameEnd) throw framingError("fields_outside_payload")
    this.#fieldsStart = start
    this.#dataStart = start + bytes
  }
}
