/**
 * What carries messages between the brokers of a cluster: anyone may publish to an address, and who is subscribed to it
 * takes what comes.
 *
 * Ordering: none. Loss: any message may be lost, repeated, late or overtaken; none is changed, cut or joined. Whoever
 * needs more builds it on this: brokers number what must arrive, and streams repair themselves from end to end.
 * Backpressure: none.
 */
export interface Backplane {
  /**
   * Takes what others publish to `address` from now on; what this member publishes itself does not come back.
   * @param address any text of at most 256 bytes of UTF-8; compared as it is, without patterns
   * @param onMessage is never called from within `publish` or `subscribe`. The message is its own, to keep and to write on
   * @returns takes nothing more. Idempotent
   */
  subscribe(address: string, onMessage: (message: Uint8Array) => void): () => void
  /**
   * Sends to all others that are subscribed to `address`. At most {@link MAX_BACKPLANE_MESSAGE_BYTES}; the bytes must not
   * change afterwards.
   */
  publish(address: string, message: Uint8Array): void
}

/** A message of frames (1 MiB) with what brokers write before it. */
export const MAX_BACKPLANE_MESSAGE_BYTES = 1_048_576 + 64
