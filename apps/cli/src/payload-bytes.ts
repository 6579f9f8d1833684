import type { Payload } from "@luxbus/client"

const encoder = new TextEncoder()

/** A payload as a terminal shows it: bytes and text as they are, a JSON value as a line of its own. */
export function payloadBytes(payload: Payload): Uint8Array {
  if (payload instanceof Uint8Array) return payload
  return encoder.encode(typeof payload === "string" ? payload : `${JSON.stringify(payload)}\n`)
}
