import type { DataLane } from "@luxbus/packet"
import { ReceiveMemory } from "@luxbus/stream-memory"
import { DrainableItems } from "./drainable-items.ts"
import { HoleWatch } from "./hole-watch.ts"
import { ReadInterest } from "./read-interest.ts"
import type { ReaderSource } from "./reader-source.ts"

/**
 * The writer itself, from client to client or to its host, of a reliable stream: a hole that is not filled ends it. Frames may be lost on the way and are asked for again; a lane
 * that is not read must not hold up the other lane or the outcome, and is drained.
 */
export const fromPeer: ReaderSource = {
  isPeer: true,
  order: (first) => new ReceiveMemory({ first }),
  unread: (lane, first, message) => new DrainableItems(lane, first, message),
  interest: (clock, settled) => new ReadInterest(clock, settled),
  watchHoles: (clock, lane, events) => new HoleWatch(clock, lane, events),
  gaveUp: (reader, error) => reader.refuse(error),
}

/** The writer itself, of a live stream: a hole that is not filled is a gap, and the stream goes on. */
export const fromLivePeer: ReaderSource = {
  ...fromPeer,
  gaveUp: (reader, { details }) => {
    const { lane, first, last } = details as { readonly lane: DataLane; readonly first: number; readonly last: number }
    // What the next chunk belongs to is not known: it may go on with a message that is lost.
    reader.control({ lane, gap: [[first, last]], first: last + 1, message: first, reason: "lagged" }, 0)
  },
}
