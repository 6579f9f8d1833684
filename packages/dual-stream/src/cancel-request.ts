import type { Clock } from "@luxbus/clock"
import type { JsonObject } from "@luxbus/packet"
import type { FrameOutput } from "./carrier.ts"
import { fitText } from "./fit-text.ts"
import { RepeatTimer } from "./repeat-timer.ts"

/** A reader's wish that the writer stop: stated on every attachment, and again until there is an outcome. */
export class CancelRequest {
  readonly #timer: RepeatTimer
  readonly #wake: () => void
  #request: JsonObject | undefined
  #due = false

  constructor(clock: Clock, wake: () => void) {
    this.#wake = wake
    this.#timer = new RepeatTimer(clock, () => this.state())
  }

  /** The first request counts. A long reason is shortened. */
  make(reason: string | undefined): void {
    if (this.#request !== undefined) return
    this.#request = reason === undefined ? {} : { reason: fitText(reason) }
    this.state()
  }

  /** States the request, if there is one, as soon as there is a connection. */
  state(): void {
    if (this.#request === undefined) return
    this.#due = true
    this.#wake()
  }

  write(output: FrameOutput): void {
    if (!this.#due || this.#request === undefined) return
    this.#due = false
    output.control(0, { cancel: this.#request })
    this.#timer.start()
  }

  /** There is no connection: nothing is repeated until {@link CancelRequest.state}. */
  pause(): void {
    this.#due = false
    this.#timer.stop()
  }

  /** There is an outcome, or nobody left to ask. */
  withdraw(): void {
    this.#request = undefined
    this.pause()
  }
}
