import type { BrokerCarrier } from "@luxbus/dual-stream"
import { chunkCost, type DataLane, Lane, type MessageReader, setFrameAlias } from "@luxbus/packet"
import { RangeSet } from "@luxbus/stream-memory"

const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * What passes through a relay: frames that follow each other in a message and in number go on as one view of the message
 * that brought them. Nothing is kept but the numbers of what the reader's connection had no room for.
 */
export class RelayRun {
  /** Numbers that were dropped since the reader was told, by lane. */
  readonly droppedMain = new RangeSet()
  readonly droppedError = new RangeSet()
  /** One bit per lane (1 << lane) of which something was dropped since the reader was told, or has forgotten. */
  #droppedLanes = 0
  #message = NOTHING
  #start = 0
  #end = 0
  #lane: DataLane = Lane.main
  #first = 0
  #next = 0
  #cost = 0

  /** Takes one frame, under the address that the reader's side knows it by. @returns false when it begins another run */
  take(frame: MessageReader, address: number): boolean {
    if (this.#cost === 0) {
      this.#message = frame.message
      this.#start = frame.frameStart
      this.#lane = frame.lane as DataLane
      this.#first = frame.number
    } else if (frame.number !== this.#next || frame.frameStart !== this.#end) {
      return false
    }
    // The message is ours: inbound buffers are never used again.
    setFrameAlias(frame.message, frame.frameStart, address)
    this.#end = frame.frameEnd
    this.#next = frame.number + 1
    this.#cost += chunkCost(frame.dataBytes)
    return true
  }

  /**
   * Hands the run on, under `address`.
   * @returns undefined; when it was dropped, its lane, and whether the reader is to be told that there is no room
   */
  pass({
    carrier,
    address,
  }: {
    readonly carrier: BrokerCarrier
    readonly address: number
  }): { readonly lane: DataLane; readonly isFirst: boolean } | undefined {
    if (this.#cost === 0) return undefined
    const frames = this.#message.subarray(this.#start, this.#end)
    const passed = carrier.send(address, this.#lane, frames, this.#cost)
    this.clear()
    return passed ? undefined : this.#drop()
  }

  clear(): void {
    this.#message = NOTHING
    this.#cost = 0
  }

  /** The reader knows of no want of room any more: the next that is dropped is the first to it. */
  forgetNoRoom(): void {
    this.#droppedLanes = 0
  }

  #drop() {
    const lane = this.#lane
    const dropped = lane === Lane.main ? this.droppedMain : this.droppedError
    const isFirst = (this.#droppedLanes & (1 << lane)) === 0
    this.#droppedLanes |= 1 << lane
    dropped.add(this.#first, this.#next - 1)
    return { lane, isFirst }
  }
}
