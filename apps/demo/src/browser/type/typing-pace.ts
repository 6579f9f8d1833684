import type { EditMessage } from "./messages.ts"

const PACE_WINDOW_MS = 2_000
/** How long somebody who has typed is said to be typing. */
const TYPING_SHOWN_MS = 1_500

/** How fast a room types, and how long a keystroke of one's own takes to come back. */
export class TypingPace {
  readonly #now: () => number
  readonly #typedAt = new Map<number, number>()
  readonly #lastAt = new Map<string, number>()
  #recent: number[] = []
  #latencyMs: number | undefined
  #lastMessage: EditMessage | undefined

  /** @param now milliseconds, from anywhere */
  constructor(now: () => number) {
    this.#now = now
  }

  /** From typing the last key that came back until then; undefined before the first. */
  get latencyMs(): number | undefined {
    return this.#latencyMs
  }

  /** The last edit, whoever made it. */
  get lastMessage(): EditMessage | undefined {
    return this.#lastMessage
  }

  /** Edits of all, of late. */
  get perSecond(): number {
    this.#forget()
    return (this.#recent.length * 1_000) / PACE_WINDOW_MS
  }

  /** Whether an author has typed just now. */
  isTyping(author: string): boolean {
    const at = this.#lastAt.get(author)
    return at !== undefined && this.#now() - at < TYPING_SHOWN_MS
  }

  /** This person has made an edit. */
  typed(seq: number): void {
    this.#typedAt.set(seq, this.#now())
  }

  /** An edit came over the bus. */
  cameBack(message: EditMessage, isOwn: boolean): void {
    const now = this.#now()
    this.#lastMessage = message
    this.#lastAt.set(message.by, now)
    this.#recent.push(now)
    const typedAt = this.#typedAt.get(message.seq)
    if (!isOwn || typedAt === undefined) return
    this.#typedAt.delete(message.seq)
    this.#latencyMs = now - typedAt
  }

  #forget(): void {
    const since = this.#now() - PACE_WINDOW_MS
    const first = this.#recent.findIndex((at) => at > since)
    this.#recent = first === -1 ? [] : this.#recent.slice(first)
  }
}
