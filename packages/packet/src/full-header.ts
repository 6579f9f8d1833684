/** What a full frame's header says beside type, lane and flags. */
export interface FullHeader {
  /** `HopFlag` bits and urgency, without EXTENDED. */
  readonly hop: number
  /** 16 bytes: the stream's or exchange's uid, as `idOfName` makes it. */
  readonly requestId: Uint8Array
  /** 16 bytes: the sender. The broker checks or overwrites it. */
  readonly clientId: Uint8Array
  /** 16 bytes: the recipient; nil for the dispatcher or a channel. */
  readonly peerId: Uint8Array
  /** From now; 0: none. */
  readonly deadlineMs: number
  /** Lane number of the message's first chunk. */
  readonly messageId: number
  /** Bytes; undefined: unknown, or over 32 bits and in the field `total`. */
  readonly totalSize: number | undefined
  /** Offset of this chunk within its message. */
  readonly chunkIndex: number
  /** Chunks of the message; 0: unknown. */
  readonly totalChunks: number
  /** Of the stream. */
  readonly epoch: number
}

/** The nil id: the dispatcher, or a channel. Shared: do not write to it. */
export const NIL_ID: Uint8Array = new Uint8Array(16)
