import { BusError, isJsonObject, type JsonObject } from "@luxbus/packet"

/** Streams that carry files, as `luxbus send` and `luxbus receive` name them too: `file.` and a random id. */
export const FILE_PREFIX = "file."

/** What a sender says of its file before the first byte: the headers of the stream. */
export interface FileOffer {
  /** As its sender calls it: never to be used as a path. */
  readonly name: string
  /** In bytes, when the sender knows. */
  readonly size: number | undefined
}

/** What both ends found: the sender states it behind the last byte, the receiver answers with its own. */
export interface FileDigest {
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string
  readonly bytes: number
}

/** An offer as headers. */
export function offerHeaders({ name, size }: FileOffer): JsonObject {
  return { file: { name, ...(size !== undefined && { size }) } }
}

/** @throws BusError `invalid_payload` when the headers hold no offer */
export function parseOffer(headers: JsonObject): FileOffer {
  const file = headers["file"]
  const { name, size } = isJsonObject(file) ? file : {}
  if (typeof name !== "string") throw new BusError("invalid_payload", "The stream offers no file.")
  return { name, size: isCount(size) ? size : undefined }
}

/** @throws BusError `invalid_payload` when it is none */
export function parseDigest(payload: unknown): FileDigest {
  const { sha256, bytes } = isJsonObject(payload) ? payload : {}
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) && isCount(bytes)) return { sha256, bytes }
  throw new BusError("invalid_payload", "The other side sent a malformed digest.")
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}
