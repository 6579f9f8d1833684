import { BusError } from "./errors.ts"
import { framingError } from "./framing-fault.ts"
import { LIMITS } from "./limits.ts"
import type { Packet } from "./packet.ts"
import { checkPacket } from "./packet-check.ts"
import { withBase64 } from "./packet-data.ts"
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

/**
 * Writes packets as messages of JSON, each within `maxBytes`. A packet that would not fit alone, because escapes make
 * its data long, bears it as base64.
 * @param maxBytes at least {@link LIMITS}.leastMessageBytes; default {@link LIMITS}.messageBytes
 * @throws BusError `invalid_payload` for data that JSON cannot say
 */
export function formatMessages(packets: readonly Packet[], maxBytes: number = LIMITS.messageBytes): readonly string[] {
  const messages: string[] = []
  let texts: string[] = []
  let bytes = 0
  const close = () => {
    const [only = ""] = texts
    if (texts.length > 0) messages.push(texts.length === 1 ? only : `[${texts.join()}]`)
    texts = []
    bytes = 0
  }
  for (const packet of packets) {
    const text = packetText(packet, maxBytes)
    const textBytes = utf8Bytes(text) + 1
    // The bracket at the end counts too.
    if (bytes + textBytes + 1 > maxBytes) close()
    texts.push(text)
    bytes += textBytes
  }
  close()
  return messages
}

function packetText(packet: Packet, maxBytes: number): string {
  const text = formatPackets([packet])
  if (text.length * 3 <= maxBytes || utf8Bytes(text) <= maxBytes) return text
  return formatPackets([withBase64(packet)])
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BusError("protocol", "a message is not JSON")
  }
}
