import type { Clock, Random } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import type { BusError, Fields } from "@luxbus/packet"
import type { Dial } from "@luxbus/transport"

/**
 * Where a session stands.
 *
 * - `connecting`: it has not been connected yet.
 * - `connected`.
 * - `suspended`: the connection is away; it is tried again, and everything goes on where it was.
 * - `closed`: for good, with the error if nobody asked for it.
 */
export interface SessionStatus {
  readonly state: "connecting" | "connected" | "suspended" | "closed"
  /** Attempts since there was a connection, the one that is planned counted. */
  readonly attempts: number
  /** Why it is not connected, where it is not. */
  readonly error?: BusError
}

/** What a session tells its owner. Called from within the call that caused it; must not throw. */
export interface ClientSessionEvents {
  /** Where the session stands now. */
  status(status: SessionStatus): void
  /** A peer has started a stream, or does so again, and waits for a part that takes such: add one. */
  peerStarted?(): void
  /** What the broker says on the connection itself, behind what this session and its parts make of it. */
  control?(fields: Fields): void
}

/** What a client's session runs on. */
export interface ClientSessionComponents {
  readonly clock: Clock
  /** Makes the session's secret: it must be fit for secrets outside tests. */
  readonly random: Random
  readonly createHash: CreateHash
  readonly dial: Dial
  readonly events: ClientSessionEvents
}

/** How a client introduces itself. */
export interface ClientSessionOptions {
  /** The client id to ask for. Default: the broker gives one, which the session keeps. */
  readonly id?: string
  /** What authenticates each connection. One that is refused later ends the session: another attempt has no other. */
  readonly token?: string
  /**
   * Asked for a token before every connection, in place of `token`, so that tokens may expire; by a `TokenRefresh` also ahead
   * of that.
   */
  readonly getToken?: () => string | undefined | Promise<string | undefined>
  /**
   * Whether an unreachable broker is tried again even before the first connection. Default false: a wrong address is told
   * at once. After the first connection it reconnects for ever in any case.
   */
  readonly retryInitial?: boolean
}
