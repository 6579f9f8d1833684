import { ReceiveMemory } from "@luxbus/stream-memory"
import { DrainableItems } from "./drainable-items.ts"
import { HoleWatch } from "./hole-watch.ts"
import { ReadInterest } from "./read-interest.ts"
import type { ReaderSource } from "./reader-source.ts"

/**
 * The writer itself, from client to client or to its host. Frames may be lost on the way and are asked for again; a lane
 * that is not read must not hold up the other lane or the outcome, and is drained.
 */
export const fromPeer: ReaderSource = {
  isPeer: true,
  order: (first) => new ReceiveMemory({ first }),
  unread: (lane, first, message) => new DrainableItems(lane, first, message),
  interest: (clock, settled) => new ReadInterest(clock, settled),
  watchHoles: (clock, lane, events) => new HoleWatch(clock, lane, events),
}
