import type { Bus, BusStream } from "@luxbus/client"
import { BusError, type JsonObject } from "@luxbus/packet"
import type { Notice } from "./notice-text.ts"

/** How {@link openToPeer} waits. */
export interface PeerWait {
  readonly peer: string
  readonly headers: JsonObject
  /** How long an absent peer is waited for. */
  readonly waitMs: number
  readonly onNotice: (notice: Notice) => void
}

/**
 * Opens a stream to a client, waiting for it to come and accept.
 * @throws BusError `peer_lost` when it does not in time
 */
export async function openToPeer(bus: Bus, name: string, wait: PeerWait): Promise<BusStream> {
  const absent = new BusError("peer_lost", `${wait.peer} is not there: waited ${wait.waitMs / 1_000} s`)
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(absent), wait.waitMs)
  try {
    return await bus.open(name, {
      to: wait.peer,
      headers: wait.headers,
      signal: patience.signal,
      onNotice: wait.onNotice,
    })
  } catch (error) {
    throw patience.signal.aborted ? absent : error
  } finally {
    clearTimeout(timer)
  }
}
