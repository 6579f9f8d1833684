import { BusError } from "./errors.ts"
import { framingError } from "./framing-fault.ts"
import { LIMITS } from "./limits.ts"
import type { Packet } from "./packet.ts"
import { checkPacket } from "./packet-check.ts"
import { utf8Bytes } from "./text.ts"

/**
 * Reads one message of JSON: a packet, or an array of them. Fields that are not the packet's are left out.
 * @throws BusError `protocol` for anything else, and over 1 MiB
 */
export function parsePackets(text: string): readonly Packet[] {
  if (text.length > LIMITS.messageBytes || utf8Bytes(text) > LIMITS.messageBytes)
    throw framingError("message_too_large")
  const parsed = parseText(text)
  return Array.isArray(parsed) ? parsed.map(checkPacket) : [checkPacket(parsed)]
}

/**
 * Writes packets as one message of JSON: one as an object, more or none as an array. Its size is not checked.
 * @throws BusError `invalid_payload` for data that JSON cannot say
 */
export function formatPackets(packets: readonly Packet[]): string {
  try {
    return JSON.stringify(packets.length === 1 ? packets[0] : packets)
  } catch (cause) {
    throw new BusError("invalid_payload", "a packet's data cannot be written as JSON", { cause })
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BusError("protocol", "a message is not JSON")
  }
}
