import { InOrder } from "./in-order.ts"
import { KeptItems } from "./kept-items.ts"
import type { ReaderSource } from "./reader-source.ts"

/**
 * A broker that hosts the stream. Its credit counts from the attachment, and it may be away for ever. It serves in order
 * and keeps what is not read, so that nothing is repaired, and nothing drained.
 */
export const fromHost: ReaderSource = {
  isPeer: false,
  order: (first) => new InOrder(first),
  unread: () => new KeptItems(),
  interest: () => undefined,
  watchHoles: () => undefined,
}

/** A broker that merges the topics of a pattern: as a host, but for numbers that are places in its whole order. */
export const fromPattern: ReaderSource = {
  ...fromHost,
  isSparse: true,
  order: (first) => new InOrder(first, true),
}
