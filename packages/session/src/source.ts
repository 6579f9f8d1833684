import type { StreamEnd } from "@luxbus/dual-stream"

/** Something that is pulled from. */
export interface Source {
  /** The alias as it stands in frames that this side writes. */
  readonly address: number
  readonly end: Pick<StreamEnd, "pull" | "reset">
  /** Nothing is taken from it, or handed to it, any more. */
  readonly released: boolean
  /** Whether it waits to be pulled on control. */
  controlReady: boolean
  /** One of the `Urgency` bits. */
  urgency: number
  /** Where it stands among others, by data lane; made when it first waits there. */
  readonly turns: (Turn | undefined)[]
}

/** Where a source stands on one data lane. */
export interface Turn {
  readonly source: Source
  /** The queue that it waits in. */
  rank: 0 | 1 | 2
  /** Cost that it may still send in this turn; zero or below: what it has sent beyond it. */
  deficit: number
  /** When it began to wait, or was last served. */
  sinceMs: number
  /** Whether it has something to send. */
  ready: boolean
  queued: boolean
}
