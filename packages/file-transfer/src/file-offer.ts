import { BusError, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"

/** What a sender says of its file before the first byte: the headers of the stream. */
export interface FileOffer {
  /** As its sender calls it: never to be used as a path; see `safeBaseName`. */
  readonly name: string
  /** In bytes, when the sender knows; for showing progress. */
  readonly size?: number | undefined
  /** Permission bits, when the sender has them. */
  readonly mode?: number | undefined
}

/** What an end found of a file's content: the sender states it behind the last byte, the receiver answers with its own. */
export interface FileDigest {
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string
  readonly bytes: number
}

const PERMISSION_BITS = 0o777

/** An offer as the headers to open a stream with. */
export function offerHeaders({ name, size, mode }: FileOffer): JsonObject {
  return { file: { name, ...(size !== undefined && { size }), ...(mode !== undefined && { mode }) } }
}

/**
 * Reads an offer off the headers of a stream. Of what is optional, nonsense counts as absent; of a mode the permission
 * bits alone are taken, so that no set-user-id comes with a file.
 * @throws BusError `invalid_payload` when the headers hold no offer
 */
export function parseOffer(headers: JsonObject | undefined): FileOffer {
  const file = headers?.["file"]
  const { name, size, mode }: { name?: JsonValue; size?: JsonValue; mode?: JsonValue } = isJsonObject(file) ? file : {}
  if (typeof name !== "string") throw new BusError("invalid_payload", "The stream offers no file.")
  return {
    name,
    size: isCount(size) ? size : undefined,
    mode: isCount(mode) ? mode & PERMISSION_BITS : undefined,
  }
}

/** @throws BusError `invalid_payload` when it is none */
export function parseDigest(payload: unknown): FileDigest {
  const { sha256, bytes }: { sha256?: unknown; bytes?: unknown } = isJsonObject(payload) ? payload : {}
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) && isCount(bytes)) return { sha256, bytes }
  throw new BusError("invalid_payload", "The other side sent a malformed digest.")
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}
