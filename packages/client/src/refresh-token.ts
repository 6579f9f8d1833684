import type { Clock } from "@luxbus/clock"
import { type ClientSession, TokenRefresh, type TokenRefreshOptions } from "@luxbus/session"

/**
 * Keeps a bus connected whose tokens expire. Loaded by the bus at the first token that does.
 * @throws BusError `closed`, or what ended the session
 */
export function refreshToken(clock: Clock, session: ClientSession, options: TokenRefreshOptions): void {
  session.addPart(new TokenRefresh({ clock, session }, options))
}
