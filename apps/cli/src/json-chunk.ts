const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * One chunk of a job's output as a line of JSON. Bytes that are whole UTF-8 go as text, others (binary data, or a
 * character that was split between chunks) as base64; `encoding` says which.
 * @param cursor where to take up again behind this chunk
 */
export function jsonChunk(lane: "main" | "error", bytes: Uint8Array, cursor: string): string {
  return JSON.stringify({ type: "chunk", lane, ...encoded(bytes), cursor })
}

function encoded(bytes: Uint8Array): { readonly encoding: "utf8" | "base64"; readonly data: string } {
  try {
    return { encoding: "utf8", data: decoder.decode(bytes) }
  } catch {
    return {
      encoding: "base64",
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    }
  }
}
