import type { LaneName } from "./log-row.ts"

/** One moment of a job's viewing. */
export type Moment =
  | { readonly type: "chunk"; readonly lane: LaneName; readonly atMs: number }
  | { readonly type: "lost" | "back"; readonly atMs: number }

/** What happened when, over the last while. */
export class Activity {
  readonly #spanMs: number
  readonly #beganMs: number
  #moments: Moment[] = []

  /**
   * @param beganMs when it began
   * @param spanMs how far back it remembers
   */
  constructor(beganMs: number, spanMs: number) {
    this.#beganMs = beganMs
    this.#spanMs = spanMs
  }

  get spanMs(): number {
    return this.#spanMs
  }

  /** The oldest moment that is shown at a time: the beginning, while that is within the span. */
  firstShownMs(nowMs: number): number {
    return Math.max(this.#beganMs, nowMs - this.#spanMs)
  }

  note(moment: Moment): void {
    this.#moments.push(moment)
    // Trimmed now and then: a busy job notes thousands in a second.
    if (this.#moments.length % TRIM_EVERY === 0) this.#trim(moment.atMs)
  }

  /** Oldest first. */
  since(nowMs: number): readonly Moment[] {
    this.#trim(nowMs)
    return this.#moments
  }

  #trim(nowMs: number): void {
    const first = this.#moments.findIndex(({ atMs }) => atMs >= nowMs - this.#spanMs)
    this.#moments = first < 0 ? [] : this.#moments.slice(first)
    if (this.#moments.length > MAX_MOMENTS) this.#moments = this.#moments.slice(-MAX_MOMENTS)
  }
}

const TRIM_EVERY = 1_024
const MAX_MOMENTS = 8_192
