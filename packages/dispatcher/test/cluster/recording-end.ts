import type { FrameOutput, StreamEnd } from "@luxbus/dual-stream"
import type { BusError, Fields, Lane, MessageReader } from "@luxbus/packet"

/** An end of a stream that writes down what happens to it. */
export class RecordingEnd implements StreamEnd {
  readonly seen: string[] = []
  /** What `frame` and `control` throw. */
  fault: Error | undefined
  onPull: (lane: Lane, output: FrameOutput) => boolean = () => false

  pull(lane: Lane, output: FrameOutput): boolean {
    this.seen.push(`pull ${lane}`)
    return this.onPull(lane, output)
  }

  frame(frame: MessageReader): void {
    if (this.fault !== undefined) throw this.fault
    this.seen.push(`chunk ${frame.number}`)
  }

  endRun(): void {
    this.seen.push("end of run")
  }

  control(fields: Fields): void {
    if (this.fault !== undefined) throw this.fault
    this.seen.push(`control ${Object.keys(fields).join()}`)
  }

  reset(error: BusError): void {
    this.seen.push(`reset ${error.code}`)
  }

  detach(): void {
    this.seen.push("detach")
  }
}
