import type { Clock } from "@luxbus/clock"
import { type DataLane, HopFlag, Lane, LIMITS } from "@luxbus/packet"
import type { FrameOutput } from "./carrier.ts"
import type { CreateHash } from "./hash.ts"
import { RepeatTimer } from "./repeat-timer.ts"
import { type LaneStatement, SendLane } from "./send-lane.ts"
import { LIVE_MEMORY_BYTES, type WriterOptions } from "./writer-contract.ts"

export interface LaneSenderComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  /** There is something to write on the control lane. */
  readonly wakeControl: () => void
  readonly live: WriterOptions["live"]
}

/**
 * One lane of a writer: its chunks, the room in its memory, and the repetition of its highest number while anything of
 * it is unacknowledged or blocked. Each lane has a timer of its own, so that progress on one does not silence the other.
 */
export class LaneSender {
  readonly chunks: SendLane
  readonly #memoryBytes: number
  readonly #isLive: boolean
  readonly #wakeControl: () => void
  readonly #repeat: RepeatTimer
  #restateDue = false
  #roomWanted = false

  constructor(components: LaneSenderComponents, lane: DataLane) {
    const { clock, createHash, wakeControl, live } = components
    const isMain = lane === Lane.main
    this.chunks = new SendLane(lane, createHash, LIMITS.earlyBytes[isMain ? "main" : "error"])
    this.#memoryBytes = isMain ? mainMemoryBytes(live) : LIMITS.errorMemoryBytes
    this.#isLive = live !== undefined
    this.#wakeControl = wakeControl
    this.#repeat = new RepeatTimer(clock, () => {
      this.#restateDue = true
      this.chunks.restateGaps()
      wakeControl()
    })
  }

  /** Whether the lane's memory takes another chunk; that of a live stream makes room. */
  get hasRoom(): boolean {
    return this.#isLive || this.chunks.heldCost < this.#memoryBytes
  }

  /** Appends one chunk. @returns whether there is room for another */
  append(data: Uint8Array, flags: number): boolean {
    this.chunks.append(data, flags)
    if (this.#isLive) this.chunks.dropTo(this.#memoryBytes)
    this.#lookForGaps()
    if (!this.hasRoom) this.#roomWanted = true
    return !this.#roomWanted
  }

  /**
   * @param answered whether the reader has taken the stream; before that the START is what is repeated
   * @returns whether more is ready than there was room for
   */
  pull(output: FrameOutput, answered: boolean): boolean {
    const more = this.chunks.pull(output)
    if (answered && !this.chunks.acknowledged) this.#repeat.start()
    return more
  }

  /**
   * Takes in what the reader states.
   * @returns whether room came where it was wanted
   * @throws BusError `protocol` where it acknowledges what was never sent
   */
  state(statement: LaneStatement): boolean {
    const news = this.chunks.state(statement)
    this.#lookForGaps()
    // An answer that brings nothing new does not shorten the pauses: a slow reader is not asked five times a second.
    if (this.chunks.acknowledged) this.#repeat.answered(false)
    else if (news) this.#repeat.answered(true)
    if (!this.#roomWanted || !this.hasRoom) return false
    this.#roomWanted = false
    return true
  }

  /** States how far the lane was sent, if that is due: the reader answers with what it has and grants. */
  writeStatement(output: FrameOutput): void {
    if (this.chunks.gapsDue) this.chunks.writeGaps(output)
    if (!this.#restateDue) return
    this.#restateDue = false
    output.control(HopFlag.ackNow, { lane: this.chunks.lane, next: this.chunks.sentNext })
  }

  #lookForGaps(): void {
    if (this.chunks.gapsDue) this.#wakeControl()
  }

  /** The reader is away: nothing is repeated until the lane is pulled from again. */
  pause(): void {
    this.#restateDue = false
    this.#repeat.stop()
  }
}

function mainMemoryBytes(live: WriterOptions["live"]): number {
  return live === undefined ? LIMITS.sendMemoryBytes : (live.memoryBytes ?? LIVE_MEMORY_BYTES)
}
