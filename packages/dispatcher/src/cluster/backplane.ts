import { BusError, utf8Bytes } from "@luxbus/packet"

/**
 * What carries messages between the brokers of a cluster: anyone may publish to an address, and who is subscribed to it
 * takes what comes.
 *
 * Ordering: none. Loss: any message may be lost, repeated, late or overtaken; none is changed, cut or joined. Whoever
 * needs more builds it on this: brokers number what must arrive, and streams repair themselves from end to end.
 * Backpressure: none.
 *
 * An implementation checks what it is given by {@link assertBackplaneAddress} and {@link assertBackplaneMessage}, and
 * runs the suite of `@luxbus/dispatcher/testing`.
 */
export interface Backplane {
  /**
   * Takes what others publish to `address` from now on; what this member publishes itself does not come back. Each
   * subscription takes for itself, however many a member has on one address.
   * @param address 1 to 256 bytes of UTF-8 without control characters; compared as it is, without patterns
   * @param onMessage is never called from within `publish` or `subscribe`. The message is its own, to keep and to write on
   * @returns takes nothing more, not even what is on its way. Idempotent
   * @throws BusError `invalid_argument`
   */
  subscribe(address: string, onMessage: (message: Uint8Array) => void): () => void
  /**
   * Sends to all others that are subscribed to `address`. The bytes must not change afterwards.
   * @param message 0 to {@link MAX_BACKPLANE_MESSAGE_BYTES}
   * @throws BusError `invalid_argument`, `too_large`
   */
  publish(address: string, message: Uint8Array): void
}

/** A message of frames (1 MiB) with what brokers write before it. */
export const MAX_BACKPLANE_MESSAGE_BYTES = 1_048_576 + 64

/** A name (128 bytes) with what it is the name of before it, and as much again. */
export const MAX_BACKPLANE_ADDRESS_BYTES = 256

/** Control characters, and surrogates without their other half. */
const NO_TEXT = /[\p{Cc}\p{Cs}]/u

/** @throws BusError `invalid_argument` where an address is empty, too long or not text */
export function assertBackplaneAddress(address: string): void {
  const bytes = utf8Bytes(address)
  if (bytes > 0 && bytes <= MAX_BACKPLANE_ADDRESS_BYTES && !NO_TEXT.test(address)) return
  throw new BusError("invalid_argument", `an address is text of 1 to ${MAX_BACKPLANE_ADDRESS_BYTES} bytes`)
}

/** @throws BusError `too_large` where a message is over {@link MAX_BACKPLANE_MESSAGE_BYTES} */
export function assertBackplaneMessage(message: Uint8Array): void {
  if (message.length <= MAX_BACKPLANE_MESSAGE_BYTES) return
  throw new BusError("too_large", "a message of the backplane is too large", {
    details: { limit: MAX_BACKPLANE_MESSAGE_BYTES },
  })
}
