import { ChunkFlag, HopFlag, URGENCY_MASK, Urgency } from "./flags.ts"
import type { Packet, PacketFlag } from "./packet.ts"

const HOP_NAMES: readonly (readonly [PacketFlag, number])[] = [
  ["registration", HopFlag.registration],
  ["anycast", HopFlag.anycast],
  ["retransmit", HopFlag.retransmit],
  ["ack_now", HopFlag.ackNow],
  ["idempotent", HopFlag.idempotent],
  ["durable", HopFlag.durable],
]

const CHUNK_NAMES: readonly (readonly [PacketFlag, number])[] = [
  ["compressed", ChunkFlag.compressed],
  ["encrypted", ChunkFlag.encrypted],
]

type FlagFields = Pick<Packet, "flags" | "urgency" | "more">

/** Writes a frame's flags and hop flags as JSON; the codec is `dataToJson`'s. */
export function flagsToJson(flags: number, hop: number): FlagFields {
  const names = [
    ...HOP_NAMES.filter(([, bit]) => (hop & bit) !== 0),
    ...CHUNK_NAMES.filter(([, bit]) => (flags & bit) !== 0),
  ].map(([name]) => name)
  const urgency = hop & URGENCY_MASK
  return {
    ...((flags & ChunkFlag.more) !== 0 && { more: true }),
    ...(names.length > 0 && { flags: names }),
    ...(urgency !== Urgency.normal && { urgency: urgency === Urgency.high ? ("high" as const) : ("low" as const) }),
  }
}

/** The hop flags that a packet names. */
export function hopFromJson(packet: FlagFields): number {
  return bits(HOP_NAMES, packet.flags) | Urgency[packet.urgency ?? "normal"]
}

/** The end-to-end flags that a packet names, without its codec. */
export function flagsFromJson(packet: FlagFields): number {
  return bits(CHUNK_NAMES, packet.flags) | (packet.more === true ? ChunkFlag.more : 0)
}

function bits(names: readonly (readonly [PacketFlag, number])[], flags: readonly PacketFlag[] | undefined): number {
  return names.reduce((sum, [name, bit]) => (flags?.includes(name) ? sum | bit : sum), 0)
}
