import type { Clock } from "@luxbus/clock"
import type { StreamEnding } from "@luxbus/stream-memory"
import type { Registration } from "./registration.ts"

/** What an exchange is known by. */
export interface ExchangeClaim {
  readonly name: string
  /** Client id of who asks. */
  readonly from: string
  /** Names the request stream. */
  readonly seq: Uint8Array
  /** Ms that the answer may take; 0: it has no deadline. */
  readonly deadlineMs: number
}

/**
 * A request stream and its reply stream under one name, from the choice of a provider until both are over: so long it
 * counts as that provider's work.
 */
export class Exchange {
  readonly claim: ExchangeClaim
  readonly provider: Registration
  readonly #clock: Clock
  readonly #createdAt: number
  readonly #over: () => void
  #hasTimedOut = false
  #halves = 0

  constructor(
    components: { readonly clock: Clock; readonly over: () => void },
    claim: ExchangeClaim,
    provider: Registration,
  ) {
    this.claim = claim
    this.provider = provider
    this.#clock = components.clock
    this.#createdAt = components.clock.now()
    this.#over = components.over
    provider.exchanges.add(this)
  }

  /** Something holds it: one of its streams, or who is about to begin one. */
  hold(): void {
    this.#halves++
  }

  /** One of its streams has ended, and how. */
  ended(ending: StreamEnding | undefined, isReply: boolean): void {
    if (isReply && ending === "complete") this.provider.answered()
    else if (isTimeOut(ending) && this.#isTooLate) this.#timedOut()
    this.release()
  }

  release(): void {
    this.#halves--
    if (this.#halves > 0) return
    this.provider.exchanges.delete(this)
    this.#over()
  }

  /** Both of its streams are reset so, of one time-out. */
  #timedOut(): void {
    if (this.#hasTimedOut) return
    this.#hasTimedOut = true
    this.provider.timedOut()
  }

  /**
   * A consumer says that its time is over: half of the deadline at least must have passed here, or it could rest providers
   * by its word alone. What START and cancel took on the way is not known.
   */
  get #isTooLate(): boolean {
    const { deadlineMs } = this.claim
    return deadlineMs > 0 && (this.#clock.now() - this.#createdAt) * 2 >= deadlineMs
  }
}

/** Whether a consumer has waited in vain: for somebody to begin, or for the answer of who may have. */
function isTimeOut(ending: StreamEnding | undefined): boolean {
  return ending === "timeout" || ending === "indeterminate"
}
