import type { Clock, Timer } from "@luxbus/clock"
import type { Action, Permits } from "@luxbus/dispatcher"
import { BusError } from "@luxbus/packet"
import { compilePermissions } from "./permissions.ts"
import type { Principal } from "./principal.ts"

/** What every platform's timer takes: 31 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What one connection's client may, and until when: as its token said, or the one that it has shown since. */
export class Standing {
  readonly #clock: Clock
  readonly #expired: (error: BusError) => void
  #principal: Principal
  #permits: Permits
  #timer: Timer | undefined

  /**
   * @param expired is called, once, when the client's time is up
   * @throws BusError `unauthenticated` where it is up already, `internal` for permissions that are none
   */
  constructor(clock: Clock, principal: Principal, expired: (error: BusError) => void) {
    this.#clock = clock
    this.#expired = expired
    assertUnexpired(principal, clock)
    this.#permits = compilePermissions(principal.permissions)
    this.#principal = principal
    this.#wait()
  }

  /** Until when, in Unix ms; undefined: there is no end. */
  get expiresAtMs(): number | undefined {
    return this.#principal.expiresAtMs
  }

  /** Whether the client may, by what holds at the time. */
  readonly permits = (action: Action, name: string): boolean => this.#permits(action, name)

  /**
   * The client has shown another token: what that says holds from now on.
   * @throws BusError `forbidden` for another principal's; as the constructor. Then all stays as it was
   */
  renew(principal: Principal): void {
    if (idOf(principal) !== idOf(this.#principal)) {
      throw new BusError("forbidden", "This token is another principal's.")
    }
    assertUnexpired(principal, this.#clock)
    this.#permits = compilePermissions(principal.permissions)
    this.#principal = principal
    this.#wait()
  }

  /** The connection is over. */
  stop(): void {
    this.#timer?.cancel()
  }

  #wait(): void {
    this.#timer?.cancel()
    if (this.expiresAtMs === undefined) return
    const leftMs = this.expiresAtMs - this.#clock.wallNow()
    if (leftMs <= 0) this.#expired(expired())
    else this.#timer = this.#clock.setTimer(Math.min(leftMs, MAX_TIMER_MS), () => this.#wait())
  }
}

function assertUnexpired({ expiresAtMs = Number.POSITIVE_INFINITY }: Principal, clock: Clock): void {
  if (!(expiresAtMs > clock.wallNow())) throw expired()
}

function expired(): BusError {
  return new BusError("unauthenticated", "The token has expired.")
}

function idOf(principal: Principal): string | undefined {
  return "id" in principal ? principal.id : undefined
}
