import type { Clock, Timer } from "@luxbus/clock"
import { isJsonObject, type JsonValue } from "@luxbus/packet"
import type { ClientSession } from "./client-session.ts"
import type { SessionPart } from "./session-part.ts"

/** A token is renewed so long before it expires: time for a few attempts. */
const AHEAD_MS = 60_000
/** Of one that is good for a short time only: when so much of that is left. */
const AHEAD_SHARE = 0.2
/** Between two attempts at least, whatever the clocks say. */
const LEAST_PAUSE_MS = 1_000
/** What every platform's timer takes: 31 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface TokenRefreshOptions {
  /** Asked for a token that is good for longer. */
  readonly getToken: () => string | undefined | Promise<string | undefined>
}

/**
 * Shows the broker another token before the one of the connection expires, so that nothing is interrupted. Where that
 * fails it is tried again, until the broker ends the connection; the next one asks for a token by itself.
 */
export class TokenRefresh implements SessionPart {
  /** It is no work of the application's. */
  readonly activeCount = 0
  readonly #clock: Clock
  readonly #session: ClientSession
  readonly #getToken: TokenRefreshOptions["getToken"]
  #timer: Timer | undefined
  /** Counts connections and their ends: what was asked for on one says nothing on another. */
  #turn = 0

  constructor(components: { readonly clock: Clock; readonly session: ClientSession }, options: TokenRefreshOptions) {
    this.#clock = components.clock
    this.#session = components.session
    this.#getToken = options.getToken
  }

  attach(): void {
    this.#turn++
    this.#plan(this.#session.expiresAtMs)
  }

  detached(): void {
    this.#turn++
    this.#timer?.cancel()
  }

  close(): void {
    this.detached()
  }

  #plan(expiresAtMs: number | undefined): void {
    this.#timer?.cancel()
    if (expiresAtMs === undefined) return
    const leftMs = expiresAtMs - this.#clock.wallNow()
    const waitMs = Math.max(LEAST_PAUSE_MS, leftMs - Math.min(AHEAD_MS, leftMs * AHEAD_SHARE))
    this.#timer =
      waitMs > MAX_TIMER_MS
        ? this.#clock.setTimer(MAX_TIMER_MS, () => this.#plan(expiresAtMs))
        : this.#clock.setTimer(waitMs, () => void this.#refresh(expiresAtMs))
  }

  async #refresh(expiresAtMs: number): Promise<void> {
    const turn = this.#turn
    const planAgain = (until: number | undefined) => {
      if (turn === this.#turn) this.#plan(until)
    }
    try {
      const token = await this.#getToken()
      if (turn !== this.#turn) return
      if (token === undefined) planAgain(expiresAtMs)
      else
        this.#session.command(
          "authenticate",
          { token },
          (reply) => planAgain(expiryOf(reply)),
          () => planAgain(expiresAtMs),
        )
    } catch {
      // The application's own failure to get one: the connection says so when the time is up.
      planAgain(expiresAtMs)
    }
  }
}

function expiryOf(reply: JsonValue): number | undefined {
  const { expiresAtMs }: { readonly expiresAtMs?: JsonValue } = isJsonObject(reply) ? reply : {}
  return typeof expiresAtMs === "number" ? expiresAtMs : undefined
}
