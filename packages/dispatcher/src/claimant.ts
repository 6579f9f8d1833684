import type { Tombstones } from "@luxbus/stream-memory"
import type { ClientPlace } from "./hosted-writer.ts"

/** Who starts a stream, and its place on the connection. */
export interface Claimant extends ClientPlace {
  readonly clientId: string
  /** 32 bytes. */
  readonly session: Uint8Array
  /** Counts a new stream. @throws BusError `rate_limited` */
  readonly admitOpen?: (() => void) | undefined
  /** Whether it may claim a name under which another client writes. Default: it may not. */
  readonly mayTakeOver?: boolean
  /** The client's streams that have ended. */
  readonly tombstones: Tombstones
}
