import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "./bytes.ts"
import { HopFlag, URGENCY_MASK, Urgency } from "./flags.ts"
import { Lane } from "./lanes.ts"

/** Bytes of a compact frame before its payload. */
export const COMPACT_HEADER_BYTES = 20

/** Bytes of PulsyFlux's header, before what a full frame counts as payload. */
export const BASE_HEADER_BYTES = 64

/** Bytes of a full frame before its fields: PulsyFlux's 64, then XStream's header as their extension. */
export const FULL_HEADER_BYTES = 92

/** A full frame's extension, counted as payload. */
export const EXTENSION_BYTES = FULL_HEADER_BYTES - BASE_HEADER_BYTES

/** Whose alias it is: bit 31, the receiver's own; bit 30, one that the broker uses on all its connections. */
export const AliasBit = { receiver: 0x8000_0000, broker: 0x4000_0000 } as const

/** The bits of an alias that tell streams of one owner apart. */
export const ALIAS_NUMBER_MASK = 0x3fff_ffff

/** Version of full frames. 1 is PulsyFlux's bare header. */
export const FULL_VERSION = 2

/** Byte 0 of a compact frame, to which its type is added. */
export const COMPACT_MARK = 0xc0

/** Byte 1 of a compact frame: its payload begins with fields. */
export const EXT_BIT = 0x80

/** Byte 1 of a compact frame: its lane. */
export const LANE_MASK = 0x03

/** Byte 1 of a compact frame, and byte 85 of a full one: the flags. */
export const FLAGS_MASK = 0x7c

/** Total size that stands for an unknown one. */
export const UNKNOWN_TOTAL = 0xffff_ffff

// Where a full frame's parts begin.
export const FULL_TYPE_AT = 1
export const FULL_HOP_AT = 2
export const FULL_REQUEST_ID_AT = 4
export const FULL_CLIENT_ID_AT = 20
export const FULL_PEER_ID_AT = 36
export const FULL_DEADLINE_MS_AT = 52
export const FULL_PAYLOAD_BYTES_AT = 60
export const FULL_LANE_AT = 64
export const FULL_MESSAGE_ID_AT = 65
export const FULL_TOTAL_SIZE_AT = 73
export const FULL_CHUNK_INDEX_AT = 77
export const FULL_TOTAL_CHUNKS_AT = 81
export const FULL_FLAGS_AT = 85
export const FULL_EPOCH_AT = 86
export const FULL_FIELDS_BYTES_AT = 90

// Where a compact frame's parts begin.
export const COMPACT_BITS_AT = 1
export const COMPACT_HOP_AT = 2
export const COMPACT_ALIAS_AT = 4
export const COMPACT_NUMBER_AT = 8
export const COMPACT_PAYLOAD_BYTES_AT = 16

const KNOWN_HOP_BITS =
  HopFlag.registration |
  HopFlag.anycast |
  HopFlag.retransmit |
  HopFlag.ackNow |
  HopFlag.idempotent |
  HopFlag.durable |
  URGENCY_MASK

/** Whether hop flags, without EXTENDED, have only bits that are in use, and an urgency that is. */
export function isHop(hop: number): boolean {
  return (hop & ~KNOWN_HOP_BITS) === 0 && (hop & URGENCY_MASK) <= Urgency.high
}

/** Rewrites the alias of a compact frame in place. */
export function setFrameAlias(bytes: Uint8Array, frameStart: number, alias: number): void {
  writeU32(bytes, frameStart + COMPACT_ALIAS_AT, alias)
}

/** Rewrites the chunk number of a compact frame in place. */
export function setFrameNumber(bytes: Uint8Array, frameStart: number, number: number): void {
  writeU64(bytes, frameStart + COMPACT_NUMBER_AT, number)
}

/** The chunk number of the compact frame that begins at `offset`. For frames that were checked before. */
export function compactFrameNumber(bytes: Uint8Array, offset: number): number {
  return readU64(bytes, offset + COMPACT_NUMBER_AT)
}

/** Rewrites the hop flags of a compact frame in place. */
export function setFrameHop(bytes: Uint8Array, frameStart: number, hop: number): void {
  writeU16(bytes, frameStart + COMPACT_HOP_AT, hop)
}

/** The length of the compact frame that begins at `offset`, header and payload. For frames that were checked before. */
export function compactFrameBytes(bytes: Uint8Array, offset: number): number {
  return COMPACT_HEADER_BYTES + readU32(bytes, offset + COMPACT_PAYLOAD_BYTES_AT)
}

/**
 * The data bytes, which cost credit, of the compact frame that begins at `offset`: none for control. For frames that
 * were checked before.
 */
export function compactDataBytes(bytes: Uint8Array, offset: number): number {
  const bits = bytes[offset + COMPACT_BITS_AT]!
  if ((bits & LANE_MASK) === Lane.control) return 0
  const payload = readU32(bytes, offset + COMPACT_PAYLOAD_BYTES_AT)
  return (bits & EXT_BIT) === 0 ? payload : payload - 2 - readU16(bytes, offset + COMPACT_HEADER_BYTES)
}
