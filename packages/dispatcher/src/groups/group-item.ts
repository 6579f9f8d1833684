import type { Letter } from "../mailboxes/letter.ts"
import type { MessageChunk } from "../message-chunk.ts"

/** A whole message that one member of a group gets. */
export interface GroupMessage {
  readonly type: "message"
  /** Client id of its publisher. */
  readonly origin: string | undefined
  readonly chunks: readonly MessageChunk[]
  /** How many members it was sent to before, which are gone. */
  readonly earlierAttempts: number
  /** Of a mailbox: what it knows of the message beside. */
  readonly letter?: Letter
}

/** Chunks that the topic let go of before any member could have them. */
interface GroupGap {
  readonly type: "gap"
  readonly count: number
}

/** What a group hands to one of its members. */
export type GroupItem = GroupMessage | GroupGap
