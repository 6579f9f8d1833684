/** One chunk of a message, a copy: it outlives the run that it came in. */
export interface GroupChunk {
  readonly flags: number
  readonly data: Uint8Array
}

/** A whole message that one member of a group gets. */
export interface GroupMessage {
  readonly type: "message"
  /** Client id of its publisher. */
  readonly origin: string | undefined
  readonly chunks: readonly GroupChunk[]
  /** How many members it was sent to before, which are gone. */
  readonly earlierAttempts: number
}

/** Chunks that the topic let go of before any member could have them. */
interface GroupGap {
  readonly type: "gap"
  readonly count: number
}

/** What a group hands to one of its members. */
export type GroupItem = GroupMessage | GroupGap
