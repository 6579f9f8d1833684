import { matchSubject } from "@luxbus/packet"
import { Ring } from "@luxbus/stream-memory"

/** Of the oldest beyond these only the place is remembered: at about 0.2 KiB each, 200 KiB. */
const MAX_REMEMBERED = 1_024

interface LostTopic {
  readonly subject: string
  /** Behind its last chunk. */
  readonly end: number
}

/** Topics that were forgotten with what they had: who stood before their last chunk has missed something. */
export class LostTopics {
  readonly #topics = new Ring<LostTopic>()
  /** All that ever were. */
  #count = 0
  /** The highest end, of all and of those that are no longer remembered. */
  #end = 0
  #floor = 0

  get count(): number {
    return this.#count
  }

  add(subject: string, end: number): void {
    this.#topics.push({ subject, end })
    this.#count++
    this.#end = Math.max(this.#end, end)
    if (this.#topics.length <= MAX_REMEMBERED) return
    this.#floor = Math.max(this.#floor, this.#topics.shift()?.end ?? 0)
  }

  /**
   * Ends behind `from` of those that the pattern matches, as far as is known: of what is no longer remembered it is taken
   * for granted.
   * @param since how many were lost before, of which nothing is to be said
   */
  endsBehind(from: number, pattern: string, since: number): readonly number[] {
    if (this.#end <= from || since === this.#count) return []
    const ends: number[] = []
    const remembered = this.#topics.length
    const forgotten = this.#count - remembered
    if (since < forgotten && this.#floor > from) ends.push(this.#floor)
    for (let i = Math.max(0, since - forgotten); i < remembered; i++) {
      const { subject, end } = this.#topics.at(i)!
      if (end > from && matchSubject(pattern, subject)) ends.push(end)
    }
    return ends
  }
}
