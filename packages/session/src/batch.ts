import type { FrameOutput } from "@luxbus/dual-stream"
import { chunkCost, type DataLane, type Fields, Lane, LIMITS, MessageWriter } from "@luxbus/packet"
import type { ConnectionCredit } from "./connection-credit.ts"

/** The message that is being built for one connection, as the end whose turn it is sees it. */
export class Batch implements FrameOutput {
  /** For what belongs to no end's turn: STARTs, direct control, errors. */
  readonly writer = new MessageWriter()
  readonly #credit: ConnectionCredit
  #address = 0
  #lane: Lane = Lane.control

  constructor(credit: ConnectionCredit) {
    this.#credit = credit
  }

  get length(): number {
    return this.writer.length
  }

  /** Of 64 KiB in all; on main and error also of what the connection's credit leaves. */
  get room(): number {
    const left = LIMITS.flushBytes - this.writer.length
    return this.#lane === Lane.control ? left : Math.min(left, this.#credit.left(this.#lane))
  }

  /** Turns to the end at `address` and one of its lanes. */
  turnTo(address: number, lane: Lane): void {
    this.#address = address
    this.#lane = lane
  }

  chunk(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.writer.chunk(this.#address, lane, flags, hop, number, data, fields)
    this.#credit.sent(lane as DataLane, chunkCost(data.length))
  }

  end(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.writer.end(this.#address, lane, flags, hop, number, data, fields)
    this.#credit.sent(lane as DataLane, chunkCost(data.length))
  }

  control(hop: number, fields: Fields): void {
    this.writer.control(this.#address, hop, fields)
  }

  frames(lane: DataLane, frames: Uint8Array, cost: number): void {
    this.writer.append(frames)
    this.#credit.sent(lane, cost)
  }

  /** Hands the message over and starts the next. */
  take(): Uint8Array {
    return this.writer.take()
  }
}
