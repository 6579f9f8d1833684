import { BusError, type FramingFault, idToString, readLegacyHeader } from "@luxbus/packet"
import { fromHex } from "./bytes.ts"

/** PulsyFlux's header, and what it says. */
export interface LegacyVector {
  readonly name: string
  readonly hex: string
  readonly header?: Readonly<Record<string, string | number>>
  readonly fault?: FramingFault
}

const IDS = "11111111222233334444555555555555666666667777888899990000aaaaaaaabbbbbbbbccccddddeeeeffffffffffff".slice(
  0,
  96,
)
const header = (type: string, rest: string, version = "01", flags = "0000") => version + type + flags + IDS + rest

const HEADERS: readonly (readonly [name: string, hex: string])[] = [
  ["start", header("04", "0000000000001388 00000000")],
  ["chunk of three bytes", header("05", "0000000000000000 00000003 616263")],
  ["end, with flags that nobody reads", header("06", "0000000000000000 00000000", "01", "ffff")],
  ["error", header("03", "0000000000000000 00040000")],
  ["cut short", header("04", "0000000000001388 000000")],
  ["version 2", header("04", "0000000000001388 00000000", "02")],
  ["type 2", header("02", "0000000000001388 00000000")],
  ["type 7", header("07", "0000000000001388 00000000")],
  ["a time-out of 2^53", header("04", "0020000000000000 00000000")],
  ["a payload of a byte over 256 KiB", header("05", "0000000000000000 00040001")],
]

/** Version 1, valid and not. */
export function legacyHeaders(): readonly LegacyVector[] {
  return HEADERS.map(([name, digits]) => {
    const hex = digits.replaceAll(" ", "")
    return { name, hex, ...readHeader(fromHex(hex)) }
  })
}

function readHeader(bytes: Uint8Array): Pick<LegacyVector, "header" | "fault"> {
  try {
    const { requestId, clientId, peerId, ...numbers } = readLegacyHeader(bytes)
    const [request_id, client_id, peer_id] = [requestId, clientId, peerId].map(idToString) as [string, string, string]
    const { type, timeoutMs: timeout_ms, payloadBytes: payload_bytes } = numbers
    return { header: { type, request_id, client_id, peer_id, timeout_ms, payload_bytes } }
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    return { fault: error.details["fault"] as FramingFault }
  }
}
