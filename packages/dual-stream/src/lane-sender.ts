import type { Clock } from "@luxbus/clock"
import { type DataLane, HopFlag, Lane, laneName, WRITER_LIMITS } from "@luxbus/packet"
import type { FrameOutput } from "./carrier.ts"
import type { CreateHash } from "./hash.ts"
import { RepeatTimer } from "./repeat-timer.ts"
import type { BudgetHolder, LaneBudget, SendBudget } from "./send-budget.ts"
import { type LaneStatement, SendLane } from "./send-lane.ts"
import { LIVE_MEMORY_BYTES, type WriterOptions } from "./writer-contract.ts"

export interface LaneSenderComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly budget: SendBudget
  /** There is something to write on the control lane. */
  readonly wakeControl: () => void
  /** The lane's memory has room again. */
  readonly room: (lane: DataLane) => void
  readonly live: WriterOptions["live"]
}

/**
 * One lane of a writer: its chunks, the room in its memory, and the repetition of its highest number while anything of
 * it is unacknowledged or blocked. Each lane has a timer of its own, so that progress on one does not silence the other.
 */
export class LaneSender implements BudgetHolder {
  readonly chunks: SendLane
  readonly #budget: LaneBudget
  readonly #roomCame: (lane: DataLane) => void
  /** Of a live stream: what is beyond it is dropped. */
  readonly #liveMemoryBytes: number | undefined
  readonly #wakeControl: () => void
  readonly #repeat: RepeatTimer
  #restateDue = false
  #roomWanted = false
  /** What the budget has counted of this lane. */
  #countedCost = 0

  constructor(components: LaneSenderComponents, lane: DataLane) {
    const { budget, clock, createHash, live, room, wakeControl } = components
    this.chunks = new SendLane(lane, createHash, WRITER_LIMITS.earlyBytes[laneName(lane)])
    this.#budget = budget[laneName(lane)]
    this.#roomCame = room
    this.#liveMemoryBytes = live && liveMemoryBytes(lane, live)
    this.#wakeControl = wakeControl
    this.#repeat = new RepeatTimer(clock, () => {
      this.#restateDue = true
      this.chunks.restateGaps()
      wakeControl()
    })
  }

  get heldCost(): number {
    return this.chunks.heldCost
  }

  /**
   * Whether the lane's memory takes another chunk; if not, `components.room` is called once it does. That of a live
   * stream makes room.
   */
  hasRoom(): boolean {
    if (this.#liveMemoryBytes !== undefined) return true
    this.#roomWanted = !this.#budget.admit(this)
    return !this.#roomWanted
  }

  room(): void {
    if (!this.#roomWanted) return
    this.#roomWanted = false
    this.#roomCame(this.chunks.lane)
  }

  /** Appends one chunk. @returns whether there is room for another */
  append(data: Uint8Array, flags: number): boolean {
    this.chunks.append(data, flags)
    if (this.#liveMemoryBytes !== undefined) this.chunks.dropTo(this.#liveMemoryBytes)
    this.#lookForGaps()
    this.#budget.wrote(this)
    this.#count()
    return this.hasRoom()
  }

  /** Ends the lane. */
  end(): void {
    this.chunks.end()
    this.#budget.wrote(this)
    this.#count()
  }

  /** The stream is over: lets go of everything. */
  release(): void {
    this.pause()
    this.chunks.release()
    this.#budget.wrote(this)
    this.#count()
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
   * @throws BusError `protocol` where it acknowledges what was never sent
   */
  state(statement: LaneStatement): void {
    const news = this.chunks.state(statement)
    this.#lookForGaps()
    // An answer that brings nothing new does not shorten the pauses: a slow reader is not asked five times a second.
    if (this.chunks.acknowledged) this.#repeat.answered(false)
    else if (news) this.#repeat.answered(true)
    this.#count()
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

  #count(): void {
    const cost = this.heldCost - this.#countedCost
    this.#countedCost += cost
    if (cost !== 0) this.#budget.changed(cost)
  }
}

function liveMemoryBytes(
  lane: DataLane,
  { memoryBytes = LIVE_MEMORY_BYTES }: NonNullable<WriterOptions["live"]>,
): number {
  return lane === Lane.main ? memoryBytes : WRITER_LIMITS.errorMemoryBytes
}
