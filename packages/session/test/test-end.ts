import type { FrameOutput, StreamEnd } from "@luxbus/dual-stream"
import { type BusError, type DataLane, type Fields, Lane, type MessageReader } from "@luxbus/packet"

export interface GotChunk {
  readonly lane: DataLane
  readonly number: number
  readonly data: Uint8Array
}

/** An end of a stream that sends what a test gives it, and keeps what it is handed. */
export class TestEnd implements StreamEnd {
  readonly waiting: { readonly main: Uint8Array[]; readonly error: Uint8Array[] } = { main: [], error: [] }
  readonly statements: Fields[] = []
  readonly got: GotChunk[] = []
  readonly controls: Fields[] = []
  /** What happened to it, in order. */
  readonly log: string[] = []
  onFrame: (frame: MessageReader) => void = () => {}
  onEndRun: () => void = () => {}
  onControl: (fields: Fields) => void = () => {}
  onPull: (lane: Lane) => void = () => {}
  readonly #next = { main: 0, error: 0 }

  pull(lane: Lane, output: FrameOutput): boolean {
    this.onPull(lane)
    if (lane === Lane.control) {
      for (const fields of this.statements.splice(0)) output.control(0, fields)
      return false
    }
    const name = lane === Lane.main ? "main" : "error"
    const queue = this.waiting[name]
    while (queue.length > 0) {
      if (output.room <= 0) return true
      output.chunk(lane, 0, 0, this.#next[name]++, queue.shift()!)
    }
    return false
  }

  frame(frame: MessageReader): void {
    this.got.push({ lane: frame.lane as DataLane, number: frame.number, data: frame.data() })
    this.log.push(`frame ${frame.lane}:${frame.number}`)
    this.onFrame(frame)
  }

  endRun(): void {
    this.log.push("endRun")
    this.onEndRun()
  }

  control(fields: Fields): void {
    this.controls.push(fields)
    this.log.push("control")
    this.onControl(fields)
  }

  reset(error: BusError): void {
    this.log.push(`reset ${error.code}`)
  }

  detach(): void {
    this.log.push("detach")
  }
}
