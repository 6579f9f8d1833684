import { BROKER_LIMITS, chunkCost, LIMITS, type Packet, packetDataBytes } from "@luxbus/packet"

/** What of one stream's main lane a plain client may have unacknowledged: the largest chunk, at least. */
export const PLAIN_WINDOW_COST: number = chunkCost(BROKER_LIMITS.plainWindowBytes)

/** The same of its error lane. */
export const PLAIN_ERROR_WINDOW_COST: number = chunkCost(LIMITS.windowBytes.error)

/** What a packet's chunk costs. */
export function costOf(packet: Packet): number {
  return chunkCost(packetDataBytes(packet))
}
