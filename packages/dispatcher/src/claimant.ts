import type { BrokerCarrier } from "@luxbus/dual-stream"
import type { Tombstones } from "@luxbus/stream-memory"

/** Who starts a stream, and its place on the connection. */
export interface Claimant {
  readonly clientId: string
  /** 32 bytes. */
  readonly session: Uint8Array
  readonly carrier: BrokerCarrier
  readonly address: number
  /** The client's streams that have ended. */
  readonly tombstones: Tombstones
}
