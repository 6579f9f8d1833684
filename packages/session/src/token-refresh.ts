import type { Clock, Timer } from "@luxbus/clock"
import { type Fields, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"
import type { ClientSession } from "./client-session.ts"
import type { SessionPart } from "./session-part.ts"

/** A token is renewed so long before it expires: time for a few attempts. */
const AHEAD_MS = 60_000
/** Of one that is good for a short time only: when so much of that is left. */
const AHEAD_SHARE = 0.2
/** Between two attempts at least. */
const LEAST_PAUSE_MS = 1_000
/** Where the time is up by this side's clock, though the broker has not ended the connection: the clocks differ. */
const CLOCKS_DIFFER_PAUSE_MS = 30_000
/** What every platform's timer takes: 31 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** How a token is renewed. */
export interface TokenRefreshOptions {
  /** What the broker has said on the connection at hand. */
  readonly welcome: JsonObject
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
  #expiresAtMs: number | undefined
  /** Counts connections and their ends: what was asked for on one says nothing on another. */
  #turn = 0

  constructor(components: { readonly clock: Clock; readonly session: ClientSession }, options: TokenRefreshOptions) {
    this.#clock = components.clock
    this.#session = components.session
    this.#getToken = options.getToken
    this.#expiresAtMs = expiryOf(options.welcome)
  }

  attach(): void {
    this.#turn++
    this.#plan(this.#expiresAtMs)
  }

  control({ welcome }: Fields): void {
    if (welcome === undefined) return
    this.#expiresAtMs = expiryOf(welcome)
    this.#plan(this.#expiresAtMs)
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
    const waitMs =
      leftMs <= 0 ? CLOCKS_DIFFER_PAUSE_MS : Math.max(LEAST_PAUSE_MS, leftMs - Math.min(AHEAD_MS, leftMs * AHEAD_SHARE))
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

/** As WELCOME and the answer to `authenticate` say it. */
function expiryOf(said: JsonValue): number | undefined {
  const { expiresAtMs }: { readonly expiresAtMs?: JsonValue } = isJsonObject(said) ? said : {}
  return typeof expiresAtMs === "number" ? expiresAtMs : undefined
}
