import type { Carrier, FrameOutput, StreamEnd } from "@luxbus/dual-stream"
import { type BusError, type Fields, Lane, type Outcome, StreamKind } from "@luxbus/packet"
import { bytes } from "./test-broker.ts"

/** What a broker hosts, in a test: chunks of the main lane, and an outcome once it is over. */
export interface TestLog {
  readonly name: string
  readonly epoch: number
  readonly seq?: Uint8Array
  readonly chunks: string[]
  outcome?: Outcome
}

/** The broker's side of one attachment: sends the log from a position on, without regard to credit. */
export class TestDelivery implements StreamEnd {
  readonly log: TestLog
  readonly #carrier: Carrier
  readonly #address: number
  #next: number
  #outcomeDue = false
  completed = 0
  readonly resets: string[] = []

  constructor(log: TestLog, carrier: Carrier, request: number, from: number) {
    this.log = log
    this.#carrier = carrier
    this.#next = from
    this.#address = carrier.allocate(this)
    const { name, epoch, seq } = log
    const fields: Fields = { kind: StreamKind.delivery, name, request, mainFirst: from, errorFirst: 0 }
    const incarnation = new Uint8Array(8).fill(7)
    carrier.start(this.#address, { epoch }, { ...fields, incarnation, ...(seq !== undefined && { seq }) })
    this.more()
  }

  /** The log has grown, or has its outcome. */
  more(): void {
    this.#outcomeDue = this.log.outcome !== undefined
    this.#carrier.wake(this.#address, Lane.main)
    this.#carrier.wake(this.#address, Lane.control)
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane === Lane.main) {
      for (; this.#next < this.log.chunks.length; this.#next++) {
        output.chunk(lane, 0, 0, this.#next, bytes(this.log.chunks[this.#next]!))
      }
    } else if (lane === Lane.control && this.#outcomeDue) {
      this.#outcomeDue = false
      output.control(0, { outcome: this.log.outcome })
    }
    return false
  }

  frame(): void {}

  endRun(): void {}

  control(fields: Fields): void {
    if (fields.complete) this.completed++
    const code = fields.cancel?.["code"]
    if (typeof code === "string") this.resets.push(code)
  }

  reset(error: BusError): void {
    this.resets.push(error.code)
  }

  detach(): void {}
}
