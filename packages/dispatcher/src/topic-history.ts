import type { Clock } from "@luxbus/clock"
import { type Journal, Ring } from "@luxbus/stream-memory"
import type { TopicBounds } from "./topic-policy.ts"

/** One run of the topic's journal, which goes as a whole. */
interface Mark {
  /** The number after its last chunk. */
  readonly next: number
  /** Messages that end in it. */
  readonly messages: number
  /** Whether its last message goes on in the next run: without this one that message is not whole. */
  readonly goesOn: boolean
  readonly atMs: number
}

/**
 * Bounds what a topic keeps by count, bytes and age. It knows one mark per run and nothing of its frames. The last
 * whole message, and what has come of the next one, go by age alone, and not even so where it is retained.
 */
export class TopicHistory {
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #bounds: TopicBounds
  readonly #marks = new Ring<Mark>()
  #messages = 0
  /** First chunk of the last whole message. */
  #last = 0

  constructor(components: { readonly clock: Clock; readonly journal: Journal }, bounds: TopicBounds) {
    this.#clock = components.clock
    this.#journal = components.journal
    this.#bounds = bounds
  }

  /** A run is in the journal. `last` is the first chunk of the last message that is whole. */
  appended(run: Omit<Mark, "atMs">, last: number): void {
    const { next, messages, goesOn } = run
    this.#marks.push({ next, messages, goesOn, atMs: this.#clock.now() })
    this.#messages += messages
    this.#last = last
    this.expire()
  }

  /** Lets go of what is beyond the bounds now. */
  expire(): void {
    const { messages, bytes, ageMs, retain } = this.#bounds
    const oldestMs = this.#clock.now() - ageMs
    for (let mark = this.#marks.at(0); mark !== undefined; mark = this.#marks.at(0)) {
      const isLast = mark.next > this.#last
      const whole = this.#messages - mark.messages - (mark.goesOn ? 1 : 0)
      const isTooMuch = whole >= messages || this.#journal.heldBytes > bytes
      const isTooOld = mark.atMs <= oldestMs
      if (isLast ? retain || !isTooOld : !isTooMuch && !isTooOld) return
      this.#marks.shift()
      this.#messages -= mark.messages
      this.#journal.evict(1)
    }
  }
}
