import { readU32, readU64 } from "./bytes.ts"
import { FrameType } from "./flags.ts"
import {
  BASE_HEADER_BYTES,
  FULL_CLIENT_ID_AT,
  FULL_DEADLINE_MS_AT,
  FULL_PAYLOAD_BYTES_AT,
  FULL_PEER_ID_AT,
  FULL_REQUEST_ID_AT,
  FULL_TYPE_AT,
} from "./frame-layout.ts"
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
  const type = bytes[offset + FULL_TYPE_AT]!
  const timeoutMs = readU64(bytes, offset + FULL_DEADLINE_MS_AT)
  const payloadBytes = readU32(bytes, offset + FULL_PAYLOAD_BYTES_AT)
  if (type < FrameType.error || type > FrameType.end) throw framingError("unknown_type")
  if (timeoutMs < 0) throw framingError("number_too_large")
  if (payloadBytes > LIMITS.framePayloadBytes) throw framingError("payload_too_large")
  return {
    type: type as FrameType,
    requestId: bytes.subarray(offset + FULL_REQUEST_ID_AT, offset + FULL_CLIENT_ID_AT),
    clientId: bytes.subarray(offset + FULL_CLIENT_ID_AT, offset + FULL_PEER_ID_AT),
    peerId: bytes.subarray(offset + FULL_PEER_ID_AT, offset + FULL_DEADLINE_MS_AT),
    timeoutMs,
    payloadBytes,
  }
}
