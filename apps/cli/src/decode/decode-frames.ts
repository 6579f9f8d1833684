import { idToString, MessageReader, PacketFramer, readLegacyHeader } from "@luxbus/packet"
import { frameRows } from "./frame-rows.ts"
import { formatRows, jsonText, type Row } from "./rows.ts"
import { ACCEPTED, faultAt, soundFrames } from "./sound-frames.ts"

const LEGACY_VERSION = 1
const LEGACY_HEADER_BYTES = 64

/** What was found, piece by piece, and then what is wrong with the rest. */
export type Decoded = Generator<string, void>

/** Each frame as a table. @throws BusError with the offset in its message, behind the frames that are sound */
export function* frameTables(message: Uint8Array): Decoded {
  if (message[0] === LEGACY_VERSION) return yield* legacyHeaders(message, (rows, i) => formatRows(`frame ${i}`, rows))
  const { bytes, fault } = soundFrames(message)
  const reader = new MessageReader(ACCEPTED)
  reader.load(message.subarray(0, bytes))
  for (let i = 1; reader.next(); i++) yield formatRows(`frame ${i}`, frameRows(reader))
  if (fault !== undefined) throw fault
}

/** Each frame as its packet, in JSON. @throws BusError as {@link frameTables} does */
export function* framePackets(message: Uint8Array): Decoded {
  if (message[0] === LEGACY_VERSION)
    return yield* legacyHeaders(message, (rows) => `${jsonText(Object.fromEntries(rows))}\n`)
  const { bytes, fault } = soundFrames(message)
  for (const packet of new PacketFramer(ACCEPTED).toPackets(message.subarray(0, bytes))) yield `${jsonText(packet)}\n`
  if (fault !== undefined) throw fault
}

/** PulsyFlux's frames: their payload's form is nobody's business here. */
function* legacyHeaders(message: Uint8Array, format: (rows: readonly Row[], i: number) => string): Decoded {
  for (let offset = 0, i = 1; offset < message.length; i++) {
    const header = legacyHeader(message, offset)
    yield format(
      [
        ["offset", String(offset)],
        ["version", String(LEGACY_VERSION)],
        ["type", String(header.type)],
        ["request_id", idToString(header.requestId)],
        ["client_id", idToString(header.clientId)],
        ["peer_id", idToString(header.peerId)],
        ["timeout_ms", String(header.timeoutMs)],
        ["payload_bytes", String(header.payloadBytes)],
      ],
      i,
    )
    offset += LEGACY_HEADER_BYTES + header.payloadBytes
  }
}

function legacyHeader(message: Uint8Array, offset: number) {
  try {
    return readLegacyHeader(message, offset)
  } catch (error) {
    throw faultAt(error, offset)
  }
}
