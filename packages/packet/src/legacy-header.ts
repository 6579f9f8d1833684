import { readU32, readU64 } from "./bytes.ts"
import { FrameType } from "./flags.ts"
import { BASE_HEADER_BYTES, FullOffset } from "./frame-layout.ts"
import { framingError } from "./framing-fault.ts"
import { LIMITS } from "./limits.ts"

/** PulsyFlux's bare header of 64 bytes, version 1. Its flags are reserved there, and not read. */
export interface LegacyHeader {
  readonly type: FrameType
  readonly requestId: Uint8Array
  readonly clientId: Uint8Array
  readonly peerId: Uint8Array
  readonly timeoutMs: number
  readonly payloadBytes: number
}

/**
 * Reads the version 1 header at `offset`, big-endian. For recordings and gateways: no session speaks version 1.
 * @throws BusError `protocol` with `details.fault`
 */
export function readLegacyHeader(bytes: Uint8Array, offset = 0): LegacyHeader {
  if (bytes.length - offset < BASE_HEADER_BYTES) throw framingError("truncated_header")
  if (bytes[offset] !== 1) throw framingError("unknown_version")
  const type = bytes[offset + FullOffset.type]!
  const timeoutMs = readU64(bytes, offset + FullOffset.deadlineMs)
  const payloadBytes = readU32(bytes, offset + FullOffset.payloadBytes)
  if (type < FrameType.error || type > FrameType.end) throw framingError("unknown_type")
  if (timeoutMs < 0) throw framingError("number_too_large")
  if (payloadBytes > LIMITS.framePayloadBytes) throw framingError("payload_too_large")
  return {
    type: type as FrameType,
    requestId: bytes.subarray(offset + FullOffset.requestId, offset + FullOffset.clientId),
    clientId: bytes.subarray(offset + FullOffset.clientId, offset + FullOffset.peerId),
    peerId: bytes.subarray(offset + FullOffset.peerId, offset + FullOffset.deadlineMs),
    timeoutMs,
    payloadBytes,
  }
}
