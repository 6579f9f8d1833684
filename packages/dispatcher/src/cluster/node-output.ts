import type { FrameOutput } from "@luxbus/dual-stream"
import { type DataLane, type Fields, type Lane, LIMITS, type MessageWriter } from "@luxbus/packet"

/** What ends write for one broker: data, and statements where the end that is turned to has them. */
export class NodeOutput implements FrameOutput {
  readonly #data: MessageWriter
  readonly #full: () => void
  #control: MessageWriter | undefined
  #address = 0

  /** @param full takes the data away, as a message is large enough */
  constructor(data: MessageWriter, full: () => void) {
    this.#data = data
    this.#full = full
  }

  /** Bytes of data. */
  get length(): number {
    return this.#data.length
  }

  get room(): number {
    return LIMITS.flushBytes - this.#data.length
  }

  /** Turns to the end at `address`, whose statements go to `control`. */
  turnTo(address: number, control: MessageWriter): void {
    this.#address = address
    this.#control = control
  }

  chunk(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.#data.chunk(this.#address, lane, flags, hop, number, data, fields)
  }

  end(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.#data.end(this.#address, lane, flags, hop, number, data, fields)
  }

  control(hop: number, fields: Fields): void {
    this.#control?.control(this.#address, hop, fields)
  }

  frames(_lane: DataLane, frames: Uint8Array, _cost: number): void {
    this.append(frames)
  }

  /** Ready-made frames, copied. */
  append(frames: Uint8Array): void {
    if (this.#data.length + frames.length > LIMITS.messageBytes) this.#full()
    this.#data.append(frames)
    if (this.#data.length >= LIMITS.flushBytes) this.#full()
  }
}
