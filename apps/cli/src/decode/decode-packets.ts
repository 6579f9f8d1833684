import { BusError, type Packet, parsePackets } from "@luxbus/packet"
import type { Decoded } from "./decode-frames.ts"
import { formatRows, jsonText } from "./rows.ts"

/** Each packet as a table. @throws BusError as {@link packetLines} does */
export function* packetTables(text: string): Decoded {
  let i = 1
  for (const packet of packets(text)) {
    const rows = Object.entries(packet).map(([name, value]) => [name, jsonText(value)] as const)
    yield formatRows(`packet ${i++}`, rows)
  }
}

/**
 * Each packet in JSON, without what is none of its fields.
 * @throws BusError `protocol` with the number of the message in its message
 */
export function* packetLines(text: string): Decoded {
  for (const packet of packets(text)) yield `${jsonText(packet)}\n`
}

/** The packets of one message, or of one for each line. */
function* packets(text: string): Generator<Packet, void> {
  if (isJson(text)) {
    yield* parsePackets(text)
    return
  }
  const lines = text.split("\n")
  for (const [i, line] of lines.entries()) if (line.trim() !== "") yield* parseLine(line, i + 1)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function parseLine(line: string, number: number): readonly Packet[] {
  try {
    return parsePackets(line)
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    throw new BusError(error.code, `${error.message} (line ${number})`, { cause: error, details: error.details })
  }
}
