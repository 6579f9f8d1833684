import type { FileSink } from "../../src/index.ts"

/** Keeps a file in memory, and remembers what was asked of it. */
export class MemorySink implements FileSink<Buffer> {
  readonly parts: Uint8Array[] = []
  readonly calls: string[] = []

  write(bytes: Uint8Array): void {
    this.parts.push(bytes)
  }

  commit(): Buffer {
    this.calls.push("commit")
    return Buffer.concat(this.parts)
  }

  discard(): void {
    this.calls.push("discard")
  }
}

/** Bytes in parts, as a file is read. */
export async function* contentOf(bytes: Uint8Array, partBytes = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += partBytes) yield bytes.subarray(from, from + partBytes)
}
