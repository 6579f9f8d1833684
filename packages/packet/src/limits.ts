const KIB = 1024
const MIB = 1024 * KIB

/**
 * Every size and count that the protocol fixes for both sides. What a page that only watches needs none of: `WRITER_LIMITS`;
 * a broker's own: `BROKER_LIMITS`. Bytes unless the name says otherwise.
 */
export const LIMITS = Object.freeze({
  /** Payload of one frame: all that follows its 20 or 64 bytes. */
  framePayloadBytes: 256 * KIB,
  /** One transport message: whole frames, or one JSON text. */
  messageBytes: MIB,
  /** The least that a side may limit its messages to: the largest frame behind 64 KiB of others, and some more. */
  leastMessageBytes: 384 * KIB,
  /** All fields (TLVs) of one frame. */
  fieldsBytes: 4 * KIB,
  /** A client id, uid, subject or channel, in UTF-8. */
  nameBytes: 128,
  /** Ranges in one list, and remembered above `cum`. */
  ranges: 64,
  /** One application message into a topic, group or mailbox, which appends it only when whole. */
  applicationMessageBytes: MIB,
  /** Credit of a stream's lane, in cost. Renewed at half. */
  windowBytes: Object.freeze({ main: MIB, error: 64 * KIB }),
  /** Credit of a connection, in cost, over all its streams. Control has none. */
  connectionWindowBytes: Object.freeze({ main: MIB, error: 256 * KIB }),
  /** What a chunk costs beside its data: bounds the number of empty chunks too. */
  chunkOverheadCost: 64,
  /** A message assembled for the application out of its chunks. */
  assembledMessageBytes: 16 * MIB,
  /** All messages that a session is assembling. */
  assembledSessionBytes: 64 * MIB,
  /** A batch that is flushed without waiting for the end of the turn. */
  flushBytes: 64 * KIB,
  /** Undrained bytes in the transport from which on the scheduler holds the rest back. */
  undrainedBytes: 64 * KIB,
  /** What is kept of a relayed lane that the application drains without having touched it. */
  drainedTailBytes: 64 * KIB,
  /** Framing faults in a row that end the session for good. */
  framingFaults: 2,
})

/** The largest number on the wire: 2^53 − 1, the largest that a JavaScript number holds exactly. */
export const MAX_NUMBER = Number.MAX_SAFE_INTEGER

/** What a chunk costs of its lane's credit: its data bytes (binary form, without header and fields) + 64. */
export function chunkCost(dataBytes: number): number {
  return dataBytes + LIMITS.chunkOverheadCost
}
