import type { Fields } from "@luxbus/packet"
import type { Gap } from "./notice.ts"

/** One chunk as it arrived. `data` is a view of the message that carried it. */
export interface Chunk {
  readonly type: "chunk"
  readonly number: number
  readonly data: Uint8Array
  readonly flags: number
  /** What it costs of the reader's window. */
  readonly cost: number
  /** Who published it, on a topic, where that differs from the chunk before. */
  readonly origin: string | undefined
  /** What it was published to, on a pattern, where that differs from the chunk before. */
  readonly subject?: string | undefined
  /** How often it was sent to members of a group, this time included; undefined: once. */
  readonly attempt?: number | undefined
}

/** The lane's END: nothing follows. Data that it carried came before it, as a chunk of the same number. */
export interface LaneEnd {
  readonly type: "end"
  readonly number: number
  readonly cost: number
  readonly fields: Fields
  /**
   * Whether the bytes of the lane agreed with the digest that its END bears. False where there was nothing to check:
   * the lane was not seen whole, or its END bears none.
   */
  readonly verified: boolean
}

/** What will not arrive, in its place. */
export interface LeftOut {
  readonly type: "leftOut"
  readonly gap: Omit<Gap, "type" | "lane">
  /** The least that the sum of costs is behind it. */
  readonly at: number
  /** Of what had arrived of it. */
  readonly cost: number
}

/** What a lane hands on, in order. */
export type LaneItem = Chunk | LaneEnd | Gap

/** An END frame as it arrived, which may carry data. */
export interface ArrivedEnd {
  readonly type: "end"
  readonly number: number
  readonly data: Uint8Array
  readonly flags: number
  readonly cost: number
  readonly fields: Fields
}
