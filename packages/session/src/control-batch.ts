import type { ControlOutput } from "@luxbus/dual-stream"
import { type ControlWriter, type Fields, LIMITS } from "@luxbus/packet"

/** The message that is being built for one connection, as the end whose turn it is sees it: on control. */
export class ControlBatch<W extends ControlWriter = ControlWriter> implements ControlOutput {
  /** For what belongs to no end's turn: direct control. */
  readonly writer: W
  protected address = 0

  constructor(writer: W) {
    this.writer = writer
  }

  get length(): number {
    return this.writer.length
  }

  /** Of 64 KiB in all. */
  get room(): number {
    return LIMITS.flushBytes - this.writer.length
  }

  /** Turns to the end at `address`, on control. */
  turnTo(address: number): void {
    this.address = address
  }

  control(hop: number, fields: Fields): void {
    this.writer.control(this.address, hop, fields)
  }

  /** Hands the message over and starts the next. */
  take(): Uint8Array {
    return this.writer.take()
  }
}
