import { type DataLane, Urgency } from "@luxbus/packet"
import { Fifo } from "./fifo.ts"
import type { Source, Turn } from "./source.ts"

/** Cost that an end is given each time its turn comes. */
export const QUANTUM_COST = 16 * 1_024

/** Who has waited so long is next, whatever its urgency. */
export const MAX_WAIT_MS = 500

/** An urgency as the place of its queue: high first. */
const RANKS: Readonly<Record<number, 0 | 1 | 2>> = { [Urgency.high]: 0, [Urgency.normal]: 1, [Urgency.low]: 2 }

/**
 * Whose turn it is on one lane: the most urgent first, and who has waited for {@link MAX_WAIT_MS} before them. Among ends
 * of one urgency by deficit round robin (Shreedhar and Varghese, 1995), counted in cost: each turn earns
 * {@link QUANTUM_COST}, and who passes it by a large frame sits out until that is earned.
 */
export class Scheduler {
  readonly #lane: DataLane
  readonly #queues = [new Fifo<Turn>(), new Fifo<Turn>(), new Fifo<Turn>()] as const
  #waiting = 0

  constructor(lane: DataLane) {
    this.#lane = lane
  }

  /** Notes that a source has something to send. @returns whether that is news */
  wake(source: Source, nowMs: number): boolean {
    if (source.released) return false
    source.turns[this.#lane] ??= newTurn(source)
    const turn = source.turns[this.#lane]!
    if (turn.ready) return false
    turn.ready = true
    if (!turn.queued) this.#enter(turn, nowMs)
    return true
  }

  /**
   * Whose turn it is; it may send what its deficit says. Tell `served` afterwards.
   * @returns undefined when nobody has anything to send
   */
  next(nowMs: number): Turn | undefined {
    const overdue = this.#overdue(nowMs - MAX_WAIT_MS)
    if (overdue !== undefined) return this.#begin(overdue)
    for (const queue of this.#queues) {
      for (let turn = this.#head(queue); turn !== undefined; turn = this.#head(queue)) {
        if (turn.deficit > 0) return this.#begin(turn)
        this.#sitOut(queue, turn)
      }
    }
    return undefined
  }

  /** What was written in a turn cost so much; `more`: something is left to send. */
  served(turn: Turn, cost: number, more: boolean, nowMs: number): void {
    const queue = this.#queues[turn.rank]
    turn.deficit -= cost
    // It may have been woken while it wrote.
    if (!more && !turn.ready) {
      this.#leave(queue, turn)
      return
    }
    turn.ready = true
    // Where the message or the credit was used up first, the turn goes on with the next.
    if (turn.deficit > 0) return
    turn.sinceMs = nowMs
    this.#sitOut(queue, turn)
  }

  /** Whether nobody waits. */
  get idle(): boolean {
    return this.#waiting === 0
  }

  clear(): void {
    for (const queue of this.#queues) queue.clear()
    this.#waiting = 0
  }

  /** Who has waited longest since `limitMs` or before, behind more urgent ones. What it owes is forgiven. */
  #overdue(limitMs: number): Turn | undefined {
    let first: Turn | undefined
    let oldest: Turn | undefined
    for (const queue of this.#queues) {
      const head = this.#head(queue)
      first ??= head
      if (head === undefined || head.sinceMs > limitMs) continue
      if (oldest === undefined || head.sinceMs < oldest.sinceMs) oldest = head
    }
    if (oldest === undefined || oldest === first) return undefined
    oldest.deficit = Math.max(oldest.deficit, 1)
    return oldest
  }

  #begin(turn: Turn): Turn {
    turn.ready = false
    return turn
  }

  #head(queue: Fifo<Turn>): Turn | undefined {
    let head = queue.peek()
    for (; head?.source.released; head = queue.peek()) this.#leave(queue, head)
    return head
  }

  #enter(turn: Turn, nowMs: number): void {
    turn.rank = RANKS[turn.source.urgency] ?? 1
    turn.queued = true
    turn.sinceMs = nowMs
    // What was not used is not saved up; what was used beyond the turn is still owed.
    turn.deficit = Math.min(turn.deficit, 0) + QUANTUM_COST
    this.#queues[turn.rank].push(turn)
    this.#waiting++
  }

  #sitOut(queue: Fifo<Turn>, turn: Turn): void {
    queue.shift()
    turn.deficit += QUANTUM_COST
    queue.push(turn)
  }

  #leave(queue: Fifo<Turn>, turn: Turn): void {
    queue.shift()
    turn.queued = false
    this.#waiting--
  }
}

function newTurn(source: Source): Turn {
  return { source, rank: 1, deficit: 0, sinceMs: 0, ready: false, queued: false }
}
