const KIB = 1024
const MIB = 1024 * KIB

/**
 * Every size and count that the protocol fixes for who writes, or has streams with peers. Bytes unless the name says
 * otherwise.
 */
export const WRITER_LIMITS = Object.freeze({
  /** Data that may travel right behind START, before `open`: 16 KiB together, so that a short request takes one trip. */
  earlyBytes: Object.freeze({ main: 12 * KIB, error: 4 * KIB }),
  /** Data of one chunk where the writer does not say: large enough to be cheap, small enough to interleave. */
  chunkBytes: 64 * KIB,
  /** What a reliable sender keeps of one stream. */
  sendMemoryBytes: 4 * MIB,
  /** What of it the error lane keeps, in memory of its own, so that a full main lane never stops an error. */
  errorMemoryBytes: 256 * KIB,
  /** What a reliable sender keeps over all streams of a session. */
  sessionSendMemoryBytes: 32 * MIB,
  /** Askings for a hole in vain: 41 s of them, by when a connection that is silent one way was found out (33 s), which stops the clock. */
  repairAttempts: 12,
  /** Ranges of finished streams and exchanges that a session remembers. */
  tombstoneRanges: 4_096,
  /** Aliases of published subjects per session, least recently used out first. */
  publishAliases: 4_096,
})
