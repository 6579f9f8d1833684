import type { Clock, Timer } from "@luxbus/clock"

/** The first repetition of a statement that nobody answered; doubled each time. */
export const REPEAT_FIRST_MS = 200
/** The longest pause between two repetitions. */
export const REPEAT_MAX_MS = 5_000

/**
 * Repeats a statement until it is answered: after 0.2·2^k seconds, at most 5 s apart. Holds at most one timer, which
 * is moved lazily, so that starting and stopping it costs nothing per frame.
 */
export class RepeatTimer {
  readonly #clock: Clock
  readonly #repeat: () => void
  #timer: Timer | undefined
  #timerAt = 0
  #attempts = 0
  #dueAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock, repeat: () => void) {
    this.#clock = clock
    this.#repeat = repeat
  }

  /** Repetitions since the last answer. */
  get attempts(): number {
    return this.#attempts
  }

  /** Whether an answer is awaited. */
  get running(): boolean {
    return this.#dueAt !== Number.POSITIVE_INFINITY
  }

  /** Starts the wait unless it runs already. */
  start(): void {
    if (this.running) return
    this.#dueAt = this.#clock.now() + this.#pauseMs()
    if (this.#timer !== undefined && this.#timerAt <= this.#dueAt) return
    this.#timer?.cancel()
    this.#set()
  }

  /** The other side answered: the next wait is the first again. Goes on waiting if `waiting`. */
  answered(waiting: boolean): void {
    this.#attempts = 0
    this.#dueAt = Number.POSITIVE_INFINITY
    if (waiting) this.start()
  }

  /** Stops and forgets. */
  stop(): void {
    this.#attempts = 0
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #pauseMs(): number {
    return Math.min(REPEAT_MAX_MS, REPEAT_FIRST_MS * 2 ** this.#attempts)
  }

  #set(): void {
    this.#timerAt = this.#dueAt
    this.#timer = this.#clock.setTimer(this.#dueAt - this.#clock.now(), () => this.#fire())
  }

  #fire(): void {
    this.#timer = undefined
    if (!this.running) return
    if (this.#dueAt > this.#clock.now()) {
      this.#set()
      return
    }
    this.#attempts++
    this.#dueAt = Number.POSITIVE_INFINITY
    this.start()
    this.#repeat()
  }
}
