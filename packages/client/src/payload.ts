import { BusError, Codec, decodeUtf8, encodeUtf8, type JsonValue } from "@luxbus/packet"

/** What travels: bytes, text, or a JSON value. */
export type Payload = Uint8Array | string | JsonValue

/** A payload as bytes, and how to read them. */
export interface EncodedPayload {
  readonly data: Uint8Array
  readonly codec: Codec
}

/**
 * Encodes a payload. Bytes are kept as they are, not copied.
 * @throws BusError `invalid_payload` for what JSON cannot say (undefined, functions, BigInt, cycles)
 */
export function encodePayload(payload: Payload): EncodedPayload {
  if (payload instanceof Uint8Array) return { data: payload, codec: Codec.bytes }
  if (typeof payload === "string") return { data: encodeUtf8(payload), codec: Codec.utf8 }
  const text = stringify(payload)
  if (text === undefined) throw new BusError("invalid_payload", "A payload is bytes, a string or a JSON value.")
  return { data: encodeUtf8(text), codec: Codec.json }
}

/**
 * Decodes a payload.
 * @throws BusError `invalid_payload` when the bytes are not what their codec says
 */
export function decodePayload(data: Uint8Array, codec: Codec): Payload {
  if (codec === Codec.bytes) return data
  if (codec === Codec.named)
    throw new BusError("unsupported", "This client knows no codecs by name.", { details: { codec } })
  let cause: unknown
  try {
    const text = decodeUtf8(data)
    if (text !== undefined) return codec === Codec.utf8 ? text : (JSON.parse(text) as JsonValue)
  } catch (error) {
    cause = error
  }
  throw new BusError("invalid_payload", "The bytes are not what their codec says.", { cause, details: { codec } })
}

/** A payload as bytes again: what a byte-wise reader sees of it. */
export function payloadBytes(payload: Payload): Uint8Array {
  return encodePayload(payload).data
}

/** Joins parts into one; a single part is handed on as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function stringify(payload: Payload): string | undefined {
  try {
    return JSON.stringify(payload)
  } catch (cause) {
    throw new BusError("invalid_payload", "A payload that JSON cannot say.", { cause })
  }
}
