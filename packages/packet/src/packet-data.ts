import { fromBase64, toBase64 } from "./base64.ts"
import { BusError } from "./errors.ts"
import { ChunkFlag, Codec, codecOf } from "./flags.ts"
import type { JsonValue } from "./json.ts"
import type { Packet, PacketEncoding } from "./packet.ts"
import { fitsEncoding } from "./packet-check.ts"
import { decodeUtf8, encodeUtf8, utf8Bytes } from "./text.ts"

const CODEC_NAMES = ["bytes", "utf8", "json", "named"] as const
const IMPLIED = { utf8: "utf8", json: "json", base64: "bytes" } as const
const EMPTY = new Uint8Array(0)

type CodecName = (typeof CODEC_NAMES)[number]
type DataFields = Pick<Packet, "data" | "encoding" | "codec">

/** The name of the codec in `flags`. */
export function codecToJson(flags: number): CodecName {
  return CODEC_NAMES[codecOf(flags)]
}

/** The codec of a name. */
export function codecFromJson(name: CodecName): Codec {
  return Codec[name]
}

/** Writes a chunk's bytes as JSON, in the one form that says them exactly and is easiest to read. */
export function dataToJson(data: Uint8Array, flags: number): DataFields {
  const codec = codecOf(flags)
  if (data.length === 0 && codec === Codec.bytes) return {}
  const opaque = (flags & (ChunkFlag.compressed | ChunkFlag.encrypted)) !== 0
  const text = opaque || codec === Codec.bytes || codec === Codec.named ? undefined : decodeUtf8(data)
  if (text === undefined) return encoded("base64", toBase64(data), codec)
  if (codec === Codec.utf8) return encoded("utf8", text, codec)
  // A part of a message is no JSON value, even where it looks like one.
  const value = (flags & ChunkFlag.more) === 0 ? canonicalJson(text) : undefined
  return value === undefined ? encoded("json", text, codec) : { data: value }
}

function encoded(encoding: PacketEncoding, data: string, codec: Codec): DataFields {
  const name = CODEC_NAMES[codec]
  return IMPLIED[encoding] === name ? { encoding, data } : { encoding, codec: name, data }
}

// JSON.stringify goes down by recursion, and whoever writes the value into a packet goes a little deeper than here.
const MAX_DEPTH = 500

/** Whether a text may be nested deeper than is safe. Brackets within strings count, which does no harm. */
function isDeep(text: string): boolean {
  if (text.length <= MAX_DEPTH) return false
  let depth = 0
  for (let i = 0; i < text.length && depth <= MAX_DEPTH; i++) {
    const unit = text[i]
    if (unit === "[" || unit === "{") depth++
    else if (unit === "]" || unit === "}") depth--
  }
  return depth > MAX_DEPTH
}

/** The value of a text that is exactly what `JSON.stringify` writes of it, else undefined. */
function canonicalJson(text: string): JsonValue | undefined {
  if (isDeep(text)) return undefined
  try {
    const value: JsonValue = JSON.parse(text)
    return JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/** The bytes that a packet's data stands for, and their codec. @throws BusError `protocol` when it stands for none */
export function dataFromJson(packet: DataFields): { readonly data: Uint8Array; readonly codec: Codec } {
  const { encoding, data } = packet
  if (!fitsEncoding(packet))
    throw new BusError("protocol", "a packet's data does not fit its encoding", { details: { field: "data" } })
  const implied = encoding === undefined ? (data === undefined ? "bytes" : "json") : IMPLIED[encoding]
  const codec = codecFromJson(packet.codec ?? implied)
  if (data === undefined) return { data: EMPTY, codec }
  if (encoding === undefined) return { data: encodeUtf8(stringify(data)), codec }
  return { data: encoding === "base64" ? fromBase64(data as string) : encodeUtf8(data as string), codec }
}

/** How many bytes a packet's data stands for. */
export function packetDataBytes({ encoding, data }: DataFields): number {
  if (data === undefined) return 0
  if (encoding === undefined) return utf8Bytes(stringify(data))
  const text = data as string
  if (encoding !== "base64") return utf8Bytes(text)
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  return (text.length / 4) * 3 - padding
}

/** The same packet with its data as base64, where escapes would make it much longer than its bytes. */
export function withBase64(packet: Packet): Packet {
  const { data, codec } = dataFromJson(packet)
  return { ...packet, ...encoded("base64", toBase64(data), codec) }
}

function stringify(data: JsonValue): string {
  try {
    return JSON.stringify(data)
  } catch (cause) {
    throw new BusError("protocol", "a packet's data is nested too deeply", { cause, details: { field: "data" } })
  }
}
