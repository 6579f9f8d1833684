import { type DataLane, Lane } from "@luxbus/packet"
import type { FrameOutput } from "./carrier.ts"
import { LaneSender, type LaneSenderComponents } from "./lane-sender.ts"

/** The two data lanes of a writer, where something is done to both. */
export class LaneSenders {
  readonly main: LaneSender
  readonly error: LaneSender

  constructor(components: LaneSenderComponents) {
    this.main = new LaneSender(components, Lane.main)
    this.error = new LaneSender(components, Lane.error)
  }

  of(lane: DataLane): LaneSender {
    return lane === Lane.main ? this.main : this.error
  }

  get droppedBytes(): number {
    return this.main.chunks.droppedBytes + this.error.chunks.droppedBytes
  }

  get repeatedBytes(): number {
    return this.main.chunks.repeatedBytes + this.error.chunks.repeatedBytes
  }

  get heldCost(): number {
    return this.main.chunks.heldCost + this.error.chunks.heldCost
  }

  get sentWhole(): boolean {
    return this.main.chunks.sentWhole && this.error.chunks.sentWhole
  }

  end(): void {
    this.main.end()
    this.error.end()
  }

  rewind(): void {
    this.main.chunks.rewind()
    this.error.chunks.rewind()
  }

  restart(): void {
    this.main.chunks.restart()
    this.error.chunks.restart()
  }

  goBack(): void {
    this.main.chunks.goBack()
    this.error.chunks.goBack()
  }

  pause(): void {
    this.main.pause()
    this.error.pause()
  }

  release(): void {
    this.main.release()
    this.error.release()
  }

  writeStatements(output: FrameOutput): void {
    this.main.writeStatement(output)
    this.error.writeStatement(output)
  }
}
