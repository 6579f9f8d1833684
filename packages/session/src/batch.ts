import type { FrameOutput } from "@luxbus/dual-stream"
import { chunkCost, type DataLane, type Fields, type Lane, MessageWriter } from "@luxbus/packet"
import type { ConnectionCredit } from "./connection-credit.ts"
import { ControlBatch } from "./control-batch.ts"

/** A message of all lanes. On main and error an end is given a share of it, and the connection's credit counts. */
export class Batch extends ControlBatch<MessageWriter> implements FrameOutput {
  readonly #credit: ConnectionCredit
  /** What the turn may cost; on control there is no limit to it. */
  #most = Number.POSITIVE_INFINITY
  #spent = 0

  constructor(credit: ConnectionCredit) {
    super(new MessageWriter())
    this.#credit = credit
  }

  override get room(): number {
    return Math.min(super.room, this.#most - this.#spent)
  }

  /** Whether the message and the connection's credit leave room on a lane. */
  hasRoomOn(lane: DataLane): boolean {
    return super.room > 0 && this.#credit.left(lane) > 0
  }

  /** What was written since the last turn began, in cost. */
  get spent(): number {
    return this.#spent
  }

  override turnTo(address: number): void {
    this.address = address
    this.#most = Number.POSITIVE_INFINITY
  }

  /** Turns to the end at `address` on main or error, where it may write what costs so much. */
  turnToData(address: number, lane: DataLane, cost: number): void {
    this.address = address
    this.#most = Math.min(cost, this.#credit.left(lane))
    this.#spent = 0
  }

  chunk(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.writer.chunk(this.address, lane, flags, hop, number, data, fields)
    this.#sent(lane as DataLane, chunkCost(data.length))
  }

  end(lane: Lane, flags: number, hop: number, number: number, data: Uint8Array, fields?: Fields): void {
    this.writer.end(this.address, lane, flags, hop, number, data, fields)
    this.#sent(lane as DataLane, chunkCost(data.length))
  }

  frames(lane: DataLane, frames: Uint8Array, cost: number): void {
    this.writer.append(frames)
    this.#sent(lane, cost)
  }

  #sent(lane: DataLane, cost: number): void {
    this.#spent += cost
    this.#credit.sent(lane, cost)
  }
}
