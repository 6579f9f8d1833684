import type { Clock, Timer } from "@luxbus/clock"
import { StreamKind } from "@luxbus/packet"
import type { WriterOptions } from "./writer-contract.ts"

/** The reason of a stream that nobody reads any more. */
export const ABANDONED = "abandoned"

/** That a writer is to stop: because a reader asked, or because its reader stayed away for too long. Told once. */
export class StopRequest {
  readonly #clock: Clock
  readonly #abandonMs: number | undefined
  readonly #tell: (reason: string | undefined) => void
  #told = false
  #timer: Timer | undefined

  constructor(
    clock: Clock,
    { kind, abandonMs }: Pick<WriterOptions, "kind" | "abandonMs">,
    tell: (reason: string | undefined) => void,
  ) {
    this.#clock = clock
    // Who reads a hosted stream is the host's to watch.
    this.#abandonMs = kind === StreamKind.hosted ? undefined : abandonMs
    this.#tell = tell
  }

  make(reason: string | undefined): void {
    this.readerBack()
    if (this.#told) return
    this.#told = true
    this.#tell(reason)
  }

  /** The reader's connection is away: that alone asks for nothing. */
  readerAway(): void {
    if (this.#abandonMs === undefined || this.#told) return
    this.#timer ??= this.#clock.setTimer(this.#abandonMs, () => this.make(ABANDONED))
  }

  /** The reader is there, or it is not known any more whether it is. */
  readerBack(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
