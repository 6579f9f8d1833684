/** The four types of frames. Numbering: PulsyFlux. */
export const FrameType = { error: 3, start: 4, chunk: 5, end: 6 } as const

/** A frame's type on the wire. */
export type FrameType = 3 | 4 | 5 | 6

/**
 * What a hop needs to know of a frame (u16). Urgency lies in bits 7 to 9, see {@link Urgency}; bits 10 to 15 are zero.
 * `extended` marks the full frame's form: writers set it, readers take it off, so it is never part of `hop` in the API.
 */
export const HopFlag = {
  registration: 1,
  extended: 2,
  anycast: 4,
  retransmit: 8,
  ackNow: 16,
  idempotent: 32,
  durable: 64,
} as const

/** A stream's place among others of its connection, as its START states it: bits 7 to 9 of the hop flags. */
export const Urgency = { normal: 0 << 7, low: 1 << 7, high: 2 << 7 } as const

/** One of {@link Urgency} by its name. */
export type UrgencyName = keyof typeof Urgency

/** The bits of {@link Urgency}. */
export const URGENCY_MASK = 7 << 7

/**
 * What both ends need to know of a chunk (u8): the same bits in byte 1 of a compact frame and byte 85 of a full one.
 * The lane, the EXT bit and reserved bits are never part of `flags` in the API; the codec is, see {@link codecOf}.
 */
export const ChunkFlag = { more: 0x04, compressed: 0x08, encrypted: 0x10 } as const

/** How a chunk's data is to be read. `named`: as the field `contentType` says. */
export const Codec = { bytes: 0, utf8: 1, json: 2, named: 3 } as const

/** A codec's number on the wire. */
export type Codec = 0 | 1 | 2 | 3

/** Where the codec begins. */
export const CODEC_SHIFT = 5

/** The codec in bits 5 and 6 of `flags`. */
export function codecOf(flags: number): Codec {
  return ((flags >>> CODEC_SHIFT) & 3) as Codec
}
