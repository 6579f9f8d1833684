import type { From } from "./start-position.ts"
import type { StreamLog } from "./stream-log.ts"

export type WhenReady = (from: From, stream: ReadableStream) => void

/** A stream that can be attached to: one that is hosted here, or the mirror of another broker's. */
export interface ReadableStream {
  readonly name: string
  /** Client id of its writer; undefined where that is not known. */
  readonly writer: string | undefined
  /** Undefined until it is open, and where that has failed. */
  readonly log: StreamLog | undefined
  /** Milliseconds that its writer's absence is still waited for; undefined while it is there, or not awaited. */
  readonly suspendedLeftMs: number | undefined
  /** Whether a reader of it elsewhere may have read on: then a cursor beyond its end is no fault. */
  readonly isBehind: boolean
  /** Whether readers can begin there now. */
  isReady(from: From): boolean
  /**
   * Calls `callback` once readers can begin there, and says exactly where, and of what stream: another may go on in its
   * place. It is called too once it is clear that they never can.
   */
  whenReady(from: From, callback: WhenReady): void
  /** Asks its writer to stop, now or when it is back. */
  cancel(reason: string | undefined): void
  readerCame(): void
  /** A reader is gone. */
  readerLeft(): void
}
