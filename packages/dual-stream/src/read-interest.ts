import { type DataLane, Lane } from "@luxbus/packet"

/**
 * What the application reads of a stream, and which lanes are therefore drained: of a peer's stream, a lane that is not
 * read must not hold up the other lane or the outcome. A host keeps what is not read, so nothing of it is drained.
 */
export class ReadInterest {
  readonly #drains: boolean
  #main = false
  #error = false
  #outcome = false

  constructor(source: "peer" | "host") {
    this.#drains = source === "peer"
  }

  /** The application reads the lane. @returns whether that is news */
  read(lane: DataLane): boolean {
    return this.#set(lane, true)
  }

  /** The application reads the lane no longer. @returns whether that is news */
  leave(lane: DataLane): boolean {
    return this.#set(lane, false)
  }

  awaitOutcome(): void {
    this.#outcome = true
  }

  /** Whether the lane is not read while something else of the stream is awaited. */
  isDrained(lane: DataLane): boolean {
    const isRead = lane === Lane.main ? this.#main : this.#error
    return this.#drains && !isRead && (this.#outcome || this.#main || this.#error)
  }

  #set(lane: DataLane, reads: boolean): boolean {
    const before = lane === Lane.main ? this.#main : this.#error
    if (lane === Lane.main) this.#main = reads
    else this.#error = reads
    return before !== reads
  }
}
