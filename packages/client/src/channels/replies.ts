import type { Clock, Timer } from "@luxbus/clock"
import { BusError, type JsonObject } from "@luxbus/packet"
import { Waiters } from "../waiters.ts"
import { asBusError } from "./as-bus-error.ts"
import type { Reply, RequestOptions } from "./ask.ts"

/** How many providers are asked at once. */
export interface RequestManyOptions {
  /** Ends after so many replies. */
  readonly max?: number
  /** Ends when nothing has come for so long, in ms. */
  readonly stallMs?: number
  /** Ends after so long, in ms. Default 30 000. */
  readonly timeoutMs?: number
  /** Ends with the first reply of which this is true: a sentinel. */
  readonly until?: (reply: Reply) => boolean
  /** Anything that providers should know from the start; at most 4 KiB as JSON. */
  readonly headers?: JsonObject
  /** Gives up: the iteration throws `cancelled`. */
  readonly signal?: AbortSignal
}

/** Why no more replies come: every provider has answered or failed; what the options say; the iteration was left. */
export type RepliesEnd = "answered" | "count" | "sentinel" | "stall" | "deadline" | "closed"

/** A provider that did not answer. */
export interface ReplyFailure {
  readonly from: string
  readonly error: BusError
}

/** The replies of all providers that were there when they were asked, in order of arrival. To be iterated once. */
export class Replies implements AsyncIterable<Reply> {
  readonly #options: RequestManyOptions
  readonly #clock: Clock
  readonly #waiters = new Waiters()
  readonly #stop = new AbortController()
  readonly #arrived: Reply[] = []
  readonly #failures: ReplyFailure[] = []
  #waiting: number
  #stallTimer: Timer | undefined
  #deadlineTimer: Timer | undefined
  #ended: RepliesEnd | undefined

  /** @param request asks the provider of this id */
  constructor(
    clock: Clock,
    providers: readonly string[],
    request: (options: RequestOptions & { readonly to: string }) => Promise<Reply>,
    options: RequestManyOptions,
  ) {
    const { timeoutMs, headers } = options
    this.#clock = clock
    this.#options = options
    this.#waiting = providers.length
    // Ahead of those of the requests, whose time is over with it.
    if (timeoutMs !== undefined) this.#deadlineTimer = clock.setTimer(timeoutMs, () => this.#end("deadline"))
    this.#restartStall()
    for (const to of providers) {
      request({
        to,
        signal: this.#stop.signal,
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(headers !== undefined && { headers }),
      }).then(
        (reply) => this.#came(reply),
        (error) => this.#failed(to, error),
      )
    }
  }

  /** Why no more come; undefined while some may. */
  get ended(): RepliesEnd | undefined {
    return this.#ended
  }

  /** Providers that failed, in time: those that were not waited for are not among them. */
  get failures(): readonly ReplyFailure[] {
    return this.#failures
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Reply> {
    const { max = Number.POSITIVE_INFINITY, until, signal } = this.#options
    let count = 0
    try {
      for (;;) {
        const reply = this.#arrived.shift()
        if (reply !== undefined) {
          count++
          if (until?.(reply)) this.#end("sentinel")
          else if (count >= max) this.#end("count")
          yield reply
          if (this.#ended === "sentinel" || this.#ended === "count") return
        } else if (this.#ended !== undefined) {
          return
        } else if (this.#waiting === 0) {
          this.#end("answered")
        } else {
          await this.#waiters.wait(signal)
        }
      }
    } finally {
      this.#end("closed")
    }
  }

  #came(reply: Reply): void {
    this.#waiting--
    if (this.#ended !== undefined) return
    this.#arrived.push(reply)
    this.#restartStall()
    this.#waiters.wake()
  }

  #failed(from: string, error: unknown): void {
    this.#waiting--
    if (this.#ended !== undefined) return
    this.#failures.push({ from, error: asBusError(error) })
    this.#waiters.wake()
  }

  #restartStall(): void {
    const { stallMs } = this.#options
    if (stallMs === undefined) return
    this.#stallTimer?.cancel()
    this.#stallTimer = this.#clock.setTimer(stallMs, () => this.#end("stall"))
  }

  /** What was not answered is given up: its providers hear so. */
  #end(reason: RepliesEnd): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#stallTimer?.cancel()
    this.#deadlineTimer?.cancel()
    this.#stop.abort(new BusError("cancelled", "No more replies are waited for."))
    this.#waiters.wake()
  }
}
