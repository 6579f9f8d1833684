import { BusError, LIMITS } from "@luxbus/packet"
import type { Lane } from "../lane.ts"
import { joinBytes, type Payload, payloadBytes } from "../payload.ts"

/**
 * What a lane says as one value: its first message, if that is text or JSON, else all its bytes.
 * @throws BusError `too_large` for more than {@link LIMITS}.assembledMessageBytes; what ended the lane
 */
export async function readValue(lane: Lane, signal?: AbortSignal): Promise<Payload | undefined> {
  const first = await lane.next(signal)
  if (!(first instanceof Uint8Array)) return first
  const parts: Uint8Array[] = []
  let bytes = 0
  for (let part: Payload | undefined = first; part !== undefined; part = await lane.next(signal)) {
    const piece = payloadBytes(part)
    parts.push(piece)
    bytes += piece.length
    if (bytes <= LIMITS.assembledMessageBytes) continue
    const limit = LIMITS.assembledMessageBytes
    throw new BusError("too_large", `A value has at most ${limit} bytes: read the lane instead.`, {
      details: { limit },
    })
  }
  return joinBytes(parts)
}
