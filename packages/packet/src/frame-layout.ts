import { readU16, readU32, writeU16, writeU32, writeU64 } from "./bytes.ts"
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

/** Where a full frame's parts begin. */
export const FullOffset = {
  type: 1,
  hop: 2,
  requestId: 4,
  clientId: 20,
  peerId: 36,
  deadlineMs: 52,
  payloadBytes: 60,
  lane: 64,
  messageId: 65,
  totalSize: 73,
  chunkIndex: 77,
  totalChunks: 81,
  flags: 85,
  epoch: 86,
  fieldsBytes: 90,
} as const

/** Where a compact frame's parts begin. */
export const CompactOffset = { bits: 1, hop: 2, alias: 4, number: 8, payloadBytes: 16 } as const

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
  writeU32(bytes, frameStart + CompactOffset.alias, alias)
}

/** Rewrites the chunk number of a compact frame in place. */
export function setFrameNumber(bytes: Uint8Array, frameStart: number, number: number): void {
  writeU64(bytes, frameStart + CompactOffset.number, number)
}

/** Rewrites the hop flags of a compact frame in place. */
export function setFrameHop(bytes: Uint8Array, frameStart: number, hop: number): void {
  writeU16(bytes, frameStart + CompactOffset.hop, hop)
}

/** The length of the compact frame that begins at `offset`, header and payload. For frames that were checked before. */
export function compactFrameBytes(bytes: Uint8Array, offset: number): number {
  return COMPACT_HEADER_BYTES + readU32(bytes, offset + CompactOffset.payloadBytes)
}

/**
 * The data bytes, which cost credit, of the compact frame that begins at `offset`: none for control. For frames that
 * were checked before.
 */
export function compactDataBytes(bytes: Uint8Array, offset: number): number {
  const bits = bytes[offset + CompactOffset.bits]!
  if ((bits & LANE_MASK) === Lane.control) return 0
  const payload = readU32(bytes, offset + CompactOffset.payloadBytes)
  return (bits & EXT_BIT) === 0 ? payload : payload - 2 - readU16(bytes, offset + COMPACT_HEADER_BYTES)
}
